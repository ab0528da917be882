//! What a picture says of itself.

/// Title, size and the names of the axes with their units.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Above the picture; may be empty.
    pub title: String,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// The name of the axis of the first budget, of R(D,E) the distortion; `None` for what its constraint is called.
    pub first: Option<String>,
    /// The name of the axis of the second budget, of R(D,E) the error; `None` for what its constraint is called.
    pub second: Option<String>,
    /// The name of the rate's axis.
    pub rate: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: String::new(),
            size: (900, 640),
            first: None,
            second: None,
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

    /// The name of the axis of the first budget, with its unit.
    #[must_use]
    pub fn with_first(self, name: impl Into<String>) -> Self {
        Self { first: Some(name.into()), ..self }
    }

    /// The name of the axis of the second budget, with its unit.
    #[must_use]
    pub fn with_second(self, name: impl Into<String>) -> Self {
        Self { second: Some(name.into()), ..self }
    }

    /// The name of the rate's axis, with its unit.
    #[must_use]
    pub fn with_rate(self, name: impl Into<String>) -> Self {
        Self { rate: name.into(), ..self }
    }
}
