//! What a picture says of itself.

/// Title, size and the names of the axes with their units.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Above the picture; may be empty.
    pub title: String,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// The name of the distortion's axis.
    pub distortion: String,
    /// The name of the error's axis.
    pub error: String,
    /// The name of the rate's axis.
    pub rate: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: String::new(),
            size: (900, 640),
            distortion: "distortion budget D, cost per symbol".into(),
            error: "error budget E, misread labels per symbol".into(),
            rate: "rate R, bits per symbol".into(),
        }
    }
}

impl Options {
    /// The text above the picture.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn with_size(self, width: u32, height: u32) -> Self {
        Self { size: (width, height), ..self }
    }

    /// The name of the distortion's axis, with its unit.
    #[must_use]
    pub fn with_distortion(self, name: impl Into<String>) -> Self {
        Self { distortion: name.into(), ..self }
    }

    /// The name of the error's axis, with its unit.
    #[must_use]
    pub fn with_error(self, name: impl Into<String>) -> Self {
        Self { error: name.into(), ..self }
    }

    /// The name of the rate's axis, with its unit.
    #[must_use]
    pub fn with_rate(self, name: impl Into<String>) -> Self {
        Self { rate: name.into(), ..self }
    }
}
