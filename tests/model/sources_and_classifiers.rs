//! Sources, classifiers and distortions against values worked out by hand.

use approx::assert_abs_diff_eq;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, RdcError, Source, entropy, mutual_information};

/// P(x, k) of a source with three letters and two classes.
fn joint() -> DMatrix<f64> {
    DMatrix::from_row_slice(3, 2, &[0.4, 0.1, 0.0, 0.2, 0.15, 0.15])
}

fn assert_same(a: &Source, b: &Source) {
    assert_abs_diff_eq!(a.pmf(), b.pmf(), epsilon = 1e-15);
    assert_abs_diff_eq!(a.posterior(), b.posterior(), epsilon = 1e-15);
}

#[test]
fn information_of_subnormal_probabilities_is_a_number() {
    let pmf = DVector::from_vec(vec![1e-7, 1.0 - 1e-7]);
    let channel = DMatrix::from_row_slice(2, 2, &[5e-324, 1.0, 0.0, 1.0]);
    assert_eq!(mutual_information(&pmf, &channel), 0.0);
}

#[test]
fn every_description_of_a_source_is_the_same_source() {
    let pmf = DVector::from_vec(vec![0.5, 0.2, 0.3]);
    let posterior = DMatrix::from_row_slice(3, 2, &[0.8, 0.2, 0.0, 1.0, 0.5, 0.5]);
    let source = Source::new(pmf, posterior).unwrap();
    assert_same(&source, &Source::from_joint(joint()).unwrap());

    // The paper's eq. (3): the class conditionals weighed by the priors.
    let priors = joint().row_sum().transpose();
    let conditionals = DMatrix::from_fn(2, 3, |k, x| joint()[(x, k)] / [priors[0], priors[1]][k]);
    assert_same(&source, &Source::from_classes(priors.clone(), conditionals).unwrap());
    assert_abs_diff_eq!(source.class_priors(), priors, epsilon = 1e-15);
    assert_eq!((source.letters(), source.classes()), (3, 2));
}

#[test]
fn a_table_of_counts_is_a_source_whatever_its_total() {
    let counts = DMatrix::from_row_slice(3, 2, &[8, 2, 0, 4, 3, 3]);
    for factor in [1, 7, 1_000_000_007, 1 << 60] {
        let source = Source::from_counts(&(&counts * factor)).unwrap();
        assert_same(&source, &Source::from_joint(joint()).unwrap());
    }
    // As a data set of as many samples of one letter.
    let labels: Vec<usize> = [0; 8].into_iter().chain([1; 2]).collect();
    let samples = Source::empirical(&labels, 2).unwrap().class_priors();
    let source = Source::from_counts(&DMatrix::from_row_slice(1, 2, &[8, 2])).unwrap();
    assert_abs_diff_eq!(source.class_priors(), samples, epsilon = 1e-15);
    // A letter that was not seen, and totals beyond 64 bits.
    let most = u64::MAX;
    let source =
        Source::from_counts(&DMatrix::from_row_slice(3, 2, &[most, most, 0, 0, most, most]));
    let source = source.unwrap();
    assert_eq!(source.pmf().as_slice(), [0.5, 0.0, 0.5]);
    assert_eq!(source.posterior(), &DMatrix::from_element(3, 2, 0.5));
    let error = Source::from_counts(&DMatrix::zeros(3, 2)).unwrap_err();
    let rule = "a table of counts must have one that is not 0";
    assert_eq!(error.to_string(), format!("the total of counts = 0: {rule}"));
    let error = Source::from_counts(&DMatrix::zeros(0, 2)).unwrap_err();
    assert_eq!(error, RdcError::Empty { argument: "counts".into() });
}

#[test]
fn an_empirical_source_has_a_letter_per_sample() {
    let source = Source::empirical(&[1, 0, 1, 1], 3).unwrap();
    assert_eq!(source.pmf(), &DVector::from_element(4, 0.25));
    assert_eq!(source.posterior().row(0), DMatrix::from_row_slice(1, 3, &[0.0, 1.0, 0.0]).row(0));
    assert_abs_diff_eq!(source.class_priors(), DVector::from_vec(vec![0.25, 0.75, 0.0]));
}

#[test]
fn classifiers_err_where_the_label_is_another() {
    let source = Source::from_joint(joint()).unwrap();
    let hard = Classifier::hard(&[1, 0, 0, 1]).unwrap().error_matrix(&source).unwrap();
    let expected = [0.8, 0.2, 0.2, 0.8, 0.0, 1.0, 1.0, 0.0, 0.5, 0.5, 0.5, 0.5];
    assert_abs_diff_eq!(hard, DMatrix::from_row_slice(3, 4, &expected), epsilon = 1e-15);

    let decisions = DMatrix::from_row_slice(2, 2, &[0.25, 0.75, 1.0, 0.0]);
    let soft = Classifier::soft(decisions).unwrap().error_matrix(&source).unwrap();
    // P(K = 0) (1 - c0(0|y)) + P(K = 1) (1 - c0(1|y)), letter by letter.
    let expected = [0.8 * 0.75 + 0.2 * 0.25, 0.2, 0.25, 1.0, 0.5, 0.5];
    assert_abs_diff_eq!(soft, DMatrix::from_row_slice(3, 2, &expected), epsilon = 1e-15);
}

#[test]
fn small_errors_keep_their_digits() {
    let posterior = DMatrix::from_row_slice(1, 2, &[1.0 - 1e-17, 1e-17]);
    let source = Source::new(DVector::from_element(1, 1.0), posterior).unwrap();
    let error = Classifier::hard(&[0]).unwrap().error_matrix(&source).unwrap();
    assert_eq!(error[(0, 0)], 1e-17);
}

#[test]
fn distances_between_points() {
    let a = DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 1.0, 2.0]);
    let b = DMatrix::from_row_slice(3, 2, &[0.0, 0.0, 3.0, -1.0, 1.0, 2.0]);
    let squared = Distortion::squared_error(&a, &b).unwrap();
    assert_eq!(
        squared.as_matrix(),
        &DMatrix::from_row_slice(2, 3, &[0.0, 10.0, 5.0, 5.0, 13.0, 0.0])
    );
    let absolute = Distortion::absolute_error(&a, &b).unwrap();
    assert_eq!(
        absolute.as_matrix(),
        &DMatrix::from_row_slice(2, 3, &[0.0, 4.0, 3.0, 3.0, 5.0, 0.0])
    );
    let halved = absolute.scaled(0.5).unwrap();
    assert_eq!(halved.as_matrix()[(1, 1)], 2.5);
}

#[test]
fn information_of_a_binary_symmetric_channel() -> Result<(), RdcError> {
    let pmf = DVector::from_vec(vec![0.5, 0.5]);
    let channel = DMatrix::from_row_slice(2, 2, &[0.89, 0.11, 0.11, 0.89]);
    let capacity = 1.0 - rdc_theory::binary_entropy(0.11);
    assert_abs_diff_eq!(mutual_information(&pmf, &channel), capacity, epsilon = 1e-15);
    assert_eq!(mutual_information(&pmf, &DMatrix::from_element(2, 1, 1.0)), 0.0);
    assert_eq!(entropy(&DVector::from_vec(vec![0.25, 0.25, 0.5, 0.0])), 1.5);
    Ok(())
}
