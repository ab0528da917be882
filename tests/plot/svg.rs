//! What a picture shows, read back from its SVG.

use roxmltree::{Document, Node};

pub(crate) type Pixel = (f64, f64);

/// A line or a filled polygon.
pub(crate) struct Shape {
    pub(crate) colour: String,
    /// Of a line's stroke; 0 for polygons.
    pub(crate) width: f64,
    pub(crate) points: Vec<Pixel>,
}

pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) at: Pixel,
    pub(crate) anchor: String,
    pub(crate) size: f64,
    pub(crate) upright: bool,
}

pub(crate) struct Picture {
    pub(crate) lines: Vec<Shape>,
    pub(crate) polygons: Vec<Shape>,
    pub(crate) labels: Vec<Label>,
}

impl Picture {
    /// Checks what holds of every picture: it is well-formed, and all its numbers are finite and inside the canvas.
    pub(crate) fn read(svg: &str) -> Self {
        let document = Document::parse(svg).expect("well-formed");
        let root = document.root_element();
        let size = (number(root, "width"), number(root, "height"));
        let shape = |node: Node<'_, '_>, colour: &str, width: f64| {
            let points: Vec<Pixel> = text(node, "points").split_whitespace().map(pixel).collect();
            points.iter().for_each(|&point| inside(point, size));
            Shape { colour: text(node, colour).to_owned(), width, points }
        };
        let (mut lines, mut polygons, mut labels) = (vec![], vec![], vec![]);
        for node in root.descendants().filter(Node::is_element) {
            match node.tag_name().name() {
                "polyline" => lines.push(shape(node, "stroke", number(node, "stroke-width"))),
                "polygon" => polygons.push(shape(node, "fill", 0.0)),
                "text" => {
                    let at = (number(node, "x"), number(node, "y"));
                    inside(at, size);
                    let size = number(node, "font-size");
                    // Where its middle is: text hangs from its top at the ticks below an axis.
                    let hangs = if text(node, "dy") == "0.76em" { 0.4 * size } else { 0.0 };
                    labels.push(Label {
                        text: node.text().unwrap_or_default().trim().to_owned(),
                        at: (at.0, at.1 + hangs),
                        anchor: text(node, "text-anchor").to_owned(),
                        size,
                        upright: node.attribute("transform").is_some(),
                    });
                }
                "line" => {
                    inside((number(node, "x1"), number(node, "y1")), size);
                    inside((number(node, "x2"), number(node, "y2")), size);
                }
                "rect" => {
                    let corner = (number(node, "x"), number(node, "y"));
                    inside(corner, size);
                    let (width, height) = (number(node, "width"), number(node, "height"));
                    inside((corner.0 + width, corner.1 + height), size);
                }
                "circle" => inside((number(node, "cx"), number(node, "cy")), size),
                "svg" => {}
                other => panic!("an element that no picture has: {other}"),
            }
        }
        Self { lines, polygons, labels }
    }

    pub(crate) fn has_label(&self, text: &str) -> bool {
        self.labels.iter().any(|label| label.text == text)
    }

    /// Where data are, by the ticks: along the lowest numbers, and along those that end at the axis.
    pub(crate) fn axes(&self) -> [Ticks; 2] {
        let numbers = || {
            self.labels.iter().filter_map(|label| Some((label, label.text.parse::<f64>().ok()?)))
        };
        let lowest = numbers().map(|(label, _)| label.at.1).fold(0.0, f64::max);
        let below = numbers().filter(|(label, _)| label.at.1 == lowest);
        let left = numbers().filter(|(label, _)| label.anchor == "end");
        [
            Ticks::through(below.map(|(label, value)| (value, label.at.0))),
            Ticks::through(left.map(|(label, value)| (value, label.at.1))),
        ]
    }

    /// The widest distance by which two labels that stand level reach into each other.
    pub(crate) fn overlapping_labels(&self) -> Option<(&str, &str)> {
        let level: Vec<&Label> = self.labels.iter().filter(|label| !label.upright).collect();
        let room = |label: &Label| {
            let width = 0.5 * label.size * label.text.chars().count() as f64;
            let left = match label.anchor.as_str() {
                "start" => label.at.0,
                "middle" => label.at.0 - 0.5 * width,
                _ => label.at.0 - width,
            };
            [left, label.at.1 - 0.4 * label.size, left + width, label.at.1 + 0.4 * label.size]
        };
        let overlap =
            |a: [f64; 4], b: [f64; 4]| a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
        level.iter().enumerate().find_map(|(index, a)| {
            let b = level[..index].iter().find(|b| overlap(room(a), room(b)))?;
            Some((a.text.as_str(), b.text.as_str()))
        })
    }

    /// The colour of the last polygon that covers a pixel.
    pub(crate) fn colour_at(&self, at: Pixel) -> Option<&str> {
        let covers = |polygon: &&Shape| winding(&polygon.points, at) != 0;
        self.polygons.iter().rev().find(covers).map(|polygon| polygon.colour.as_str())
    }
}

/// A linear scale through two ticks, from data to pixels.
pub(crate) struct Ticks {
    origin: f64,
    pub(crate) scale: f64,
}

impl Ticks {
    fn through(ticks: impl Iterator<Item = (f64, f64)>) -> Self {
        let ticks: Vec<_> = ticks.collect();
        let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
        let scale = (last.1 - first.1) / (last.0 - first.0);
        Self { origin: first.1 - scale * first.0, scale }
    }

    pub(crate) fn pixel(&self, value: f64) -> f64 {
        self.origin + self.scale * value
    }

    pub(crate) fn value(&self, pixel: f64) -> f64 {
        (pixel - self.origin) / self.scale
    }
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_else(|| panic!("{name} of {:?}", node.tag_name()))
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let value: f64 = text(node, name).parse().expect("a number");
    assert!(value.is_finite(), "{name} = {value}");
    value
}

fn pixel(pair: &str) -> Pixel {
    let (x, y) = pair.split_once(',').expect("a pair");
    (x.parse().expect("a number"), y.parse().expect("a number"))
}

fn inside((x, y): Pixel, (width, height): Pixel) {
    let within = |value: f64, end: f64| (-0.5..=end + 0.5).contains(&value);
    assert!(within(x, width) && within(y, height), "({x}, {y}) is outside of the canvas");
}

/// How often a polygon winds around a point.
fn winding(polygon: &[Pixel], (x, y): Pixel) -> i32 {
    let sides = polygon.iter().zip(polygon.iter().cycle().skip(1));
    let side = |(a, b): (&Pixel, &Pixel)| {
        let right = (b.0 - a.0) * (y - a.1) - (x - a.0) * (b.1 - a.1);
        match (a.1 <= y, b.1 <= y) {
            (true, false) if right > 0.0 => 1,
            (false, true) if right < 0.0 => -1,
            _ => 0,
        }
    };
    sides.map(side).sum()
}
