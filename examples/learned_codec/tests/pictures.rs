//! Pictures: whole documents that show every model, and nothing that is no number.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use learned_codec::pictures::{
    LimitCurve, Reconstruction, limits, losses, reconstructions, space, tradeoff,
};
use learned_codec::{Bracket, Cell, Epoch, Measures, PIXELS, Row, Trained};
use rdc_theory::plot::PlotError;

const LEVELS: [usize; 3] = [2, 3, 5];
const LAMBDAS: [f64; 2] = [0.005, 0.015];

const fn cell(levels: usize, lambda: f64, seed: u64) -> Cell {
    Cell { levels, lambda, seed }
}

/// Better the more levels, blurred without distortion loss, the seeds a little apart.
fn row(cell: Cell) -> Row {
    let (levels, seed) = (cell.levels as f64, cell.seed as f64);
    let mse = if cell.lambda == 0.0 { 180.0 } else { 52.0 - 4.0 * levels - 300.0 * cell.lambda };
    let nll = (0.5 + 50.0 * cell.lambda) / levels + 0.02 * seed;
    let measures = Measures { mse: mse + 0.3 * seed, nll, error: 0.2 };
    let bracket = |rate| Bracket { lower: rate - 0.01, rate, certified: true };
    Row {
        trained: Trained { cell, history: vec![], training: measures, test: measures },
        bits: cell.bits(),
        plain: measures,
        entropy: 0.95 * cell.bits(),
        limit: bracket(0.8 * cell.bits()),
        union: bracket(0.6 * cell.bits()),
        beats_mean: true,
    }
}

fn rows(levels: &[usize], lambdas: &[f64], seeds: u64) -> Vec<Row> {
    let cells = levels.iter().flat_map(|&levels| {
        let of_lambda = move |&lambda| (0..seeds).map(move |seed| cell(levels, lambda, seed));
        lambdas.iter().flat_map(of_lambda)
    });
    cells.map(row).collect()
}

/// From the model's own rate downwards.
fn curve(row: &Row) -> LimitCurve {
    let point = |step: u32| {
        let less = 0.1 * f64::from(step);
        (row.plain.mse * (1.0 + less), row.limit.rate * (1.0 - less))
    };
    LimitCurve { cell: row.trained.cell, points: (0..=10).map(point).collect() }
}

fn history(epochs: u32) -> Vec<Epoch> {
    let epoch = |n: u32| Epoch { distortion: 34.0 + 20.0 / f64::from(n), nll: 1.4 / f64::from(n) };
    (1..=epochs).map(epoch).collect()
}

/// An SVG document, whole and free of what is no number.
struct Picture(String);

impl Picture {
    fn of(document: Result<String, PlotError>) -> Self {
        let document = document.unwrap();
        assert!(document.starts_with("<svg") && document.ends_with("</svg>\n"));
        assert_eq!((document.matches("<svg").count(), document.matches("</svg>").count()), (1, 1));
        for number in ["NaN", "inf"] {
            assert!(!document.contains(number), "{number}");
        }
        Self(document)
    }

    fn count(&self, part: &str) -> usize {
        self.0.matches(part).count()
    }

    fn texts(&self) -> Vec<&str> {
        let after = self.0.split("<text").skip(1);
        after
            .filter_map(|text| text.split_once('>')?.1.split_once("</text>"))
            .map(|t| t.0.trim())
            .collect()
    }

    fn says(&self, words: &str) -> usize {
        self.texts().iter().filter(|text| **text == words).count()
    }

    /// Values of an attribute of elements of a kind that have the other text too.
    fn values(&self, element: &str, with: &str, attribute: &str) -> Vec<f64> {
        let elements = self.0.lines().filter(|l| l.starts_with(element) && l.contains(with));
        let value = |line: &str| {
            let rest = line.split_once(&format!(" {attribute}=\""))?.1;
            rest.split_once('"')?.0.parse().ok()
        };
        elements.filter_map(value).collect()
    }
}

fn is_empty(document: &Result<String, PlotError>) -> bool {
    matches!(document, Err(PlotError::Empty { .. }))
}

#[test]
fn tradeoff_has_a_marker_for_each_model_of_each_seed_in_each_panel() {
    // Circles are of the first lambda in two panels, of the lowest L in the third, and once in either legend.
    let picture = Picture::of(tradeoff(&rows(&LEVELS, &LAMBDAS, 3)));
    assert_eq!(picture.count("<circle"), 2 * 3 * 3 + 2 * 3 + 2);
    assert_eq!(picture.count("<polygon"), 2 * 3 * 3 + 2 * 3 + 2);
    for name in ["λ = 0.005", "λ = 0.015", "L = 2", "L = 3", "L = 5"] {
        assert_eq!(picture.says(name), 1, "{name}");
    }
}

#[test]
fn lines_of_the_tradeoff_go_through_one_seed_in_order_of_the_rate() {
    let mut models = rows(&[3, 2, 4], &[0.005], 2);
    models.reverse();
    let picture = Picture::of(tradeoff(&models));
    let lines =
        picture.0.lines().filter(|l| l.contains("stroke-width=\"3\"") && l.contains("<polyline"));
    let lengths: Vec<usize> = lines.clone().map(|line| line.matches(',').count()).collect();
    // Beside two legends of one and three entries: a line for lambda in two panels, none for a single model of an L.
    assert_eq!(lengths.iter().filter(|&&points| points == 3).count(), 2);
    for line in lines {
        let points = line.split_once("points=\"").unwrap().1.split_once('"').unwrap().0;
        let xs: Vec<f64> = points
            .split_whitespace()
            .map(|p| p.split_once(',').unwrap().0.parse().unwrap())
            .collect();
        assert!(xs.is_sorted(), "{points}");
    }
}

#[test]
fn an_outlier_does_not_squash_the_others() {
    let models = rows(&LEVELS, &[0.0, 0.005, 0.015], 1);
    let picture = Picture::of(tradeoff(&models));
    for number in ["30", "50", "100"] {
        assert_eq!(picture.says(number), 2, "{number}");
    }
    // Squares are of lambda = 0.015 in the first panel: from 20 to 40 of 20 to 180.
    let tops = picture.values("<rect", "width=\"12\"", "y");
    let (lowest, highest) =
        tops[1..4].iter().fold((f64::MAX, 0.0), |(a, b), &y| (y.min(a), y.max(b)));
    assert!(highest - lowest > 60.0, "{tops:?}");
}

#[test]
fn space_has_a_foot_below_each_model() {
    let models = rows(&LEVELS, &LAMBDAS, 2);
    let picture = Picture::of(space(&models));
    let feet = picture.values("<circle", "r=\"3\"", "cx");
    assert_eq!(feet.len(), models.len());
    // Heads of L = 2 are circles too, behind that of the legend, each right above a foot.
    let heads = &picture.values("<circle", "r=\"6\"", "cx")[1..];
    assert_eq!(heads.len(), 4);
    assert!(heads.iter().all(|x| feet.contains(x)), "{heads:?} {feet:?}");
    for name in ["L = 2", "L = 3", "L = 5", "NLL: nats per image", "rate d log₂ L, bits per image"]
    {
        assert_eq!(picture.says(name), 1, "{name}");
    }
}

#[test]
fn what_is_not_finite_is_left_out() {
    let mut models = rows(&LEVELS, &[0.005], 1);
    let all = Picture::of(tradeoff(&models)).count("<circle");
    models[1].trained.training.nll = f64::NAN;
    models[1].limit.rate = f64::INFINITY;
    assert_eq!(Picture::of(tradeoff(&models)).count("<circle"), all - 2);
    assert_eq!(Picture::of(space(&models)).values("<circle", "r=\"3\"", "cx").len(), 2);
    let mut curve = curve(&models[0]);
    curve.points[3].1 = f64::NAN;
    // Triangles: of two models, of one curve, of the legend.
    assert_eq!(Picture::of(limits(&models, &[curve])).count("<polygon"), 4);
    let mut history = history(5);
    history[2].nll = f64::NAN;
    let picture = Picture::of(losses(cell(3, 0.015, 0), &history));
    assert_eq!(picture.values("<rect", "width=\"12\"", "x").len(), 4);
}

#[test]
fn limits_have_a_line_for_each_model_of_one_seed() {
    let lambdas = [0.0, 0.0033, 0.005, 0.0066, 0.008, 0.01, 0.011, 0.013, 0.015];
    let models = rows(&[2, 3, 4, 5], &lambdas, 2);
    let curves: Vec<LimitCurve> = models
        .iter()
        .filter(|m| m.trained.cell == cell(m.trained.cell.levels, 0.005, 0))
        .map(curve)
        .collect();
    let picture = Picture::of(limits(&models, &curves));
    // Triangles: of lines, of curves, of the legend; rings are two circles.
    assert_eq!(picture.count("<polygon"), 36 + 4 + 1);
    assert_eq!(picture.count("<circle"), 2 * (36 + 4 + 1));
    for levels in [2, 3, 4, 5] {
        assert_eq!(picture.says(&format!("R(D,E), L = {levels}, λ = 0.005")), 1);
        for lambda in lambdas {
            assert_eq!(picture.says(&format!("L = {levels}, λ = {lambda}")), 1);
        }
    }
    let between =
        picture.0.lines().filter(|l| l.contains("<polyline") && l.contains("opacity=\"0.4\""));
    assert_eq!(between.count(), 3);
}

#[test]
fn a_line_goes_from_the_limit_of_all_codebooks_to_the_rate_spent() {
    let models = rows(&[2], &[0.005], 1);
    let picture = Picture::of(limits(&models, &[curve(&models[0])]));
    let [.., spent] = picture.values("<rect", "width=\"12\"", "x")[..] else { panic!() };
    let [.., entropy] = picture.values("<circle", "r=\"6\"", "cx")[..] else { panic!() };
    let triangles: Vec<&str> = picture.0.lines().filter(|l| l.starts_with("<polygon")).collect();
    let top = triangles.last().unwrap().split_once("points=\"").unwrap().1;
    let own: f64 = top.split_once(',').unwrap().0.parse().unwrap();
    // 0.6, 0.8, 0.95 and 1 of the rate, the axis from 0 on.
    let spent = spent + 6.0;
    assert!(((spent - own) / (spent - entropy) - 4.0).abs() < 0.3, "{own} {entropy} {spent}");
}

#[test]
fn curves_of_one_l_differ() {
    let models = rows(&[3], &LAMBDAS, 1);
    let curves: Vec<LimitCurve> = models.iter().map(curve).collect();
    let solid = Picture::of(limits(&models, &curves[..1]));
    let both = Picture::of(limits(&models, &curves));
    // Dashes are lines of their own.
    assert!(both.count("<polyline") > solid.count("<polyline") + 10);
}

#[test]
fn the_picture_of_limits_grows_with_the_models() {
    let height = |lambdas: usize| {
        let lambdas: Vec<f64> = (0..lambdas).map(|index| 0.001 * index as f64).collect();
        let models = rows(&LEVELS, &lambdas, 1);
        Picture::of(limits(&models, &[curve(&models[0])])).values("<svg", "", "height")[0]
    };
    assert_eq!(height(1), height(2));
    assert_eq!(height(40) - height(30), 900.0);
    let lambdas: Vec<f64> = (0..400).map(f64::from).collect();
    let models = rows(&[2], &lambdas, 1);
    let refused = limits(&models, &[curve(&models[0])]);
    assert!(matches!(refused, Err(PlotError::Size { .. })));
}

#[test]
fn losses_have_a_marker_for_each_epoch() {
    let picture = Picture::of(losses(cell(3, 0.015, 0), &history(30)));
    assert_eq!(picture.count("<polygon"), 30);
    assert_eq!(picture.values("<rect", "width=\"12\"", "x").len(), 30);
    assert_eq!(picture.says("Losses in training, L = 3, λ = 0.015"), 1);
    assert_eq!((picture.says("epoch"), picture.says("30")), (2, 2));
}

#[test]
fn epochs_are_whole() {
    for epochs in 1..=7 {
        let picture = Picture::of(losses(cell(3, 0.015, 0), &history(epochs)));
        for epoch in 1..=epochs {
            assert!(picture.says(&epoch.to_string()) >= 2, "{epoch} of {epochs}");
        }
        // Squares are of the second panel, whose numbers follow those of the first.
        let last = picture.values("<rect", "width=\"12\"", "x").pop().unwrap() + 6.0;
        let number = format!(">\n{epochs}\n");
        let before = picture.0.rsplit_once(&number).unwrap().0;
        let x = before.rsplit_once(" x=\"").unwrap().1.split_once('"').unwrap().0;
        assert_eq!(x.parse::<f64>().unwrap(), last, "{epochs}");
    }
}

#[test]
fn every_image_is_on_the_sheet() {
    let original: Vec<f32> = (0..PIXELS).map(|pixel| pixel as f32 / (PIXELS - 1) as f32).collect();
    let originals = [original.as_slice(); 12];
    let models = [(2, 0.0), (2, 0.005), (3, 0.0), (3, 0.005)].map(|(levels, lambda)| {
        Reconstruction { cell: cell(levels, lambda, 0), images: vec![original.clone(); 12] }
    });
    let picture = Picture::of(reconstructions(&originals, &models));
    assert_eq!(picture.count("<image"), 5 * 12);
    assert_eq!(picture.says("originals"), 1);
    for model in ["L = 2, λ = 0", "L = 2, λ = 0.005", "L = 3, λ = 0", "L = 3, λ = 0.005"] {
        assert_eq!(picture.says(model), 1, "{model}");
    }
    // Another L is further away.
    let tops: Vec<f64> = picture.values("<image", "", "y").into_iter().step_by(12).collect();
    let steps: Vec<f64> = tops.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps[0] == steps[2] && steps[1] == steps[3] && steps[0] > steps[1], "{steps:?}");
    let size = picture.values("<svg", "", "height")[0];
    assert!(tops[4] + 84.0 <= size, "{tops:?} {size}");
    assert!(picture.0.len() < 100_000, "{}", picture.0.len());
}

#[test]
fn ink_is_dark_and_what_is_missing_white() {
    let original = [0.0, 1.0, 0.5, f32::NAN, 2.0, -1.0];
    let model =
        Reconstruction { cell: cell(2, 0.0, 0), images: vec![vec![1.0; PIXELS + 1], vec![]] };
    let picture = Picture::of(reconstructions(&[&original], &[model]));
    assert_eq!(picture.count("<image"), 2);
    let images: Vec<Vec<u8>> = picture
        .0
        .split("base64,")
        .skip(1)
        .map(|rest| pixels(rest.split_once('"').unwrap().0))
        .collect();
    assert_eq!(images[0][..7], [255, 0, 127, 255, 0, 255, 255]);
    assert_eq!(images[1], [0; PIXELS]);
}

fn pixels(data: &str) -> Vec<u8> {
    let file = STANDARD.decode(data).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[test]
fn nothing_is_no_picture() {
    let model = rows(&[2], &[0.0], 1);
    assert!(is_empty(&losses(cell(2, 0.0, 0), &[])));
    assert!(is_empty(&losses(cell(2, 0.0, 0), &[Epoch { distortion: f64::NAN, nll: 1.0 }])));
    assert!(is_empty(&tradeoff(&[])) && is_empty(&space(&[])));
    assert!(is_empty(&limits(&[], &[])) && is_empty(&limits(&model, &[])));
    assert!(is_empty(&reconstructions(&[], &[])) && is_empty(&reconstructions(&[&[0.0]], &[])));
    let mut model = model;
    model[0].trained.training.mse = f64::INFINITY;
    assert!(is_empty(&tradeoff(&model)) && is_empty(&space(&model)));
}

#[test]
fn pictures_bear_values_that_agree_or_are_extreme() {
    for value in [0.0, 1.0, -3.0, 1e-300, 1e200] {
        let mut models = rows(&[2, 2, 3], &[0.0, 0.0], 2);
        for model in &mut models {
            let measures = Measures { mse: value, nll: value, error: 0.0 };
            (model.trained.training, model.plain) = (measures, measures);
            model.limit.rate = 0.0;
        }
        models[0].trained.training.mse = 1.0;
        models[0].trained.training.nll = 2.0 * value;
        let curve = LimitCurve { cell: models[0].trained.cell, points: vec![(value, 0.0); 3] };
        for document in [tradeoff(&models), space(&models), limits(&models, &[curve])] {
            Picture::of(document);
        }
        let epoch = Epoch { distortion: value, nll: value };
        Picture::of(losses(cell(2, 0.0, 0), &[epoch; 2]));
    }
}
