//! What pictures call a budget.

use super::options::Options;

/// A budget by the name of its constraint, and by what is shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    name: String,
}

impl Axis {
    pub(super) fn distortion() -> Self {
        Self::of("distortion")
    }

    pub(super) fn error() -> Self {
        Self::of("classification error")
    }

    pub(super) fn of(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The letter of the paper where there is one.
    pub(super) fn symbol(&self) -> &str {
        match self.name.as_str() {
            "distortion" => "D",
            "classification error" => "E",
            "perception" => "P",
            name => name,
        }
    }

    /// As a regime's name begins.
    pub(super) fn word(&self) -> &str {
        if self.name == "classification error" { "classification" } else { &self.name }
    }

    /// Along the axis, with the unit where it is known.
    fn title(&self) -> String {
        match self.name.as_str() {
            "distortion" => "distortion budget D, cost per symbol".into(),
            "classification error" => "error budget E, misread labels per symbol".into(),
            "perception" => "perception budget P".into(),
            name => format!("{name} budget"),
        }
    }
}

/// The titles of two axes: those of the options, or what the budgets are called.
pub(super) fn titles(axes: &[Axis; 2], options: &Options) -> [String; 2] {
    let title = |asked: &Option<String>, axis: &Axis| asked.clone().unwrap_or_else(|| axis.title());
    [title(&options.first, &axes[0]), title(&options.second, &axes[1])]
}
