//! Surfaces as comma-separated values.

use super::grid::{Cell, Surface};
use crate::error::RdcError;
use crate::result::point::SurfacePoint;
use crate::result::regime::Regime;
use crate::result::solution::{Status, word};
use crate::validate;
use std::fmt::Write;

const MISSING: &str = "missing";

const INFEASIBLE: &str = "infeasible";

/// Columns beside those of the fixed budgets: two budgets, what is known of a solved cell, and the status.
const COLUMNS: usize = 10;

impl Surface {
    /// A line for each cell, ordered by the second budget, then by the first, under a header that names the units.
    ///
    /// The columns are the two budgets and the fixed ones under the names of their constraints, `rate_bits`, `lower_bits`,
    /// `multiplier_NAME_bits_per_unit` and `achieved_NAME` of the first and of the second, with `_` for what in a name is no
    /// letter and no digit, `regime` and `status`. Numbers are the shortest that read back as they are, `inf` is an
    /// unconstrained budget. A cell that is not computed, or infeasible, has the status `missing` or `infeasible` and nothing
    /// between that and its budgets.
    ///
    /// ```
    /// # use rdc_theory::{Cell, RdcError, Surface};
    /// let cells = vec![Cell::Infeasible, Cell::Missing];
    /// let names = ["distortion", "classification error"];
    /// let surface = Surface::new(names, vec![0.1, f64::INFINITY], vec![0.25], cells)?;
    /// let csv = surface.to_csv();
    /// assert!(csv.starts_with("distortion,classification error,rate_bits,"));
    /// assert_eq!(csv.lines().nth(1), Some("0.1,0.25,,,,,,,,infeasible"));
    /// assert_eq!(csv.lines().nth(2), Some("inf,0.25,,,,,,,,missing"));
    /// assert_eq!(Surface::from_csv(&csv)?, surface);
    /// # Ok::<(), RdcError>(())
    /// ```
    #[must_use]
    pub fn to_csv(&self) -> String {
        let fixed_names: Vec<&str> = self.fixed().iter().map(|(name, _)| name.as_str()).collect();
        let mut csv = format!("{}\n", header(self.names(), &fixed_names));
        let fixed: String = self.fixed().iter().map(|(_, budget)| format!(",{budget:?}")).collect();
        for (d, e, cell) in self.iter() {
            // Writing to a string does not fail.
            let _ = match cell {
                Cell::Missing => writeln!(csv, "{d:?},{e:?}{fixed},,,,,,,,{MISSING}"),
                Cell::Infeasible => writeln!(csv, "{d:?},{e:?}{fixed},,,,,,,,{INFEASIBLE}"),
                Cell::Solved(point) => {
                    let SurfacePoint { rate, lower, multipliers, achieved, regime, status } = point;
                    let ([s, t], [first, second]) = (multipliers, achieved);
                    writeln!(
                        csv,
                        "{d:?},{e:?}{fixed},{rate:?},{lower:?},{s:?},{t:?},{first:?},{second:?},{regime},{status}"
                    )
                }
            };
        }
        csv
    }

    /// Reads what [`to_csv`](Self::to_csv) has written, bit for bit.
    ///
    /// # Errors
    /// [`RdcError::Csv`] with the line at fault: another header, a line too many or too few, a field that is not what its
    /// column says or breaks its rule, cells in another order, fixed budgets that change.
    pub fn from_csv(csv: &str) -> Result<Self, RdcError> {
        let (names, rest) = fields(csv);
        let budgets = names.len().saturating_sub(COLUMNS - 2);
        let (Some(first), Some(second), true) = (names.first(), names.get(1), budgets >= 2) else {
            return at(1, format!("the header has {} fields, not {COLUMNS} or more", names.len()));
        };
        let fixed_names: Vec<&str> = names[2..budgets].iter().map(String::as_str).collect();
        let found = &csv[..csv.len() - rest.len()];
        let expected = header([first, second], &fixed_names);
        if found != expected {
            return at(1, format!("the header is {found:?}, not {expected:?}"));
        }
        let reader = Reader { names: &names, budgets };
        let mut read: Vec<Line> = Vec::new();
        for (index, line) in rest.lines().skip(1).enumerate() {
            let line = reader.line(line).and_then(|line| reader.after(line, read.last()));
            read.push(line.or_else(|what| at(index + 2, what))?);
        }
        let first_row = || read.iter().take_while(|line| line.same_row(&read[0]));
        let firsts: Vec<f64> = first_row().map(|line| line.first).collect();
        let width = firsts.len().max(1);
        let seconds = read.iter().step_by(width).map(|line| line.second).collect();
        let cells = read.iter().map(|line| line.cell).collect();
        let fixed = read.first().map(|line| line.fixed.clone()).unwrap_or_default();
        let fixed = names[2..budgets].iter().cloned().zip(fixed).collect();
        let surface = Self::new([first.as_str(), second], firsts, seconds, cells)
            .and_then(|surface| surface.with_fixed(fixed))
            .or_else(|error| at(read.len() + 1, error.to_string()))?;
        for (index, ((d, e, _), line)) in surface.iter().zip(&read).enumerate() {
            if !line.is_at(d, e) {
                return at(index + 2, format!("{first} {d:?} and {second} {e:?} are missing"));
            }
        }
        Ok(surface)
    }
}

fn at<T>(line: usize, what: String) -> Result<T, RdcError> {
    Err(RdcError::Csv { line, what })
}

/// Without the end of the line.
fn header(names: [&str; 2], fixed: &[&str]) -> String {
    let budgets: Vec<String> = names.iter().chain(fixed).map(|name| quoted(name)).collect();
    let [a, b] = names.map(word);
    format!(
        "{},rate_bits,lower_bits,multiplier_{a}_bits_per_unit,multiplier_{b}_bits_per_unit,\
         achieved_{a},achieved_{b},regime,status",
        budgets.join(",")
    )
}

/// A name that would end a field goes between quotes (RFC 4180).
fn quoted(name: &str) -> String {
    if name.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// The fields of the first line, out of their quotes, and what follows them.
fn fields(csv: &str) -> (Vec<String>, &str) {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = csv.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        let field = fields.last_mut();
        match character {
            '"' if is_quoted && characters.next_if(|next| next.1 == '"').is_some() => {
                field.into_iter().for_each(|field| field.push('"'));
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            '\n' | '\r' if !is_quoted => return (fields, &csv[start..]),
            _ => field.into_iter().for_each(|field| field.push(character)),
        }
    }
    (fields, "")
}

struct Line {
    first: f64,
    second: f64,
    fixed: Vec<f64>,
    cell: Cell,
}

impl Line {
    fn same_row(&self, other: &Self) -> bool {
        self.second.to_bits() == other.second.to_bits()
    }

    fn is_at(&self, first: f64, second: f64) -> bool {
        [self.first, self.second].map(f64::to_bits) == [first, second].map(f64::to_bits)
    }
}

/// Reads lines under a header of these names, of which the first `budgets` are those of constraints. Errors are what is wrong
/// with a line.
struct Reader<'a> {
    names: &'a [String],
    budgets: usize,
}

impl Reader<'_> {
    fn line(&self, line: &str) -> Result<Line, String> {
        let fields: Vec<&str> = line.split(',').collect();
        if fields.len() != self.names.len() {
            return Err(format!("the line has {} fields, not {}", fields.len(), self.names.len()));
        }
        let (budgets, cell) = fields.split_at(self.budgets);
        let budgets: Vec<f64> = budgets
            .iter()
            .zip(self.names)
            .map(|(field, name)| number(name, field))
            .collect::<Result<_, _>>()?;
        let cell = self.cell(cell)?;
        Ok(Line { first: budgets[0], second: budgets[1], fixed: budgets[2..].to_vec(), cell })
    }

    fn cell(&self, fields: &[&str]) -> Result<Cell, String> {
        let &[rate, lower, s, t, first, second, regime, status] = fields else {
            return Err(format!("{} fields beside the budgets", fields.len()));
        };
        let unsolved = match status {
            MISSING => Some(Cell::Missing),
            INFEASIBLE => Some(Cell::Infeasible),
            _ => None,
        };
        if let Some(unsolved) = unsolved {
            return if fields[..7].iter().all(|field| field.is_empty()) {
                Ok(unsolved)
            } else {
                Err(format!("fields between the budgets and the status {status:?}"))
            };
        }
        let column = |k: usize, field: &str| number(&self.names[self.budgets + k], field);
        let point = SurfacePoint {
            rate: column(0, rate)?,
            lower: column(1, lower)?,
            multipliers: [column(2, s)?, column(3, t)?],
            achieved: [column(4, first)?, column(5, second)?],
            regime: validate::named("regime", &Regime::ALL, regime)?,
            status: validate::named("status", &Status::ALL, status)?,
        };
        point.check().map_err(|error| error.to_string())?;
        Ok(Cell::Solved(point))
    }

    fn after(&self, line: Line, before: Option<&Line>) -> Result<Line, String> {
        let increases = before.is_none_or(|before| {
            if line.same_row(before) {
                before.first < line.first
            } else {
                before.second < line.second
            }
        });
        let (d, e) = (line.first, line.second);
        let [first, second, fixed @ ..] = &self.names[..self.budgets] else {
            return Ok(line);
        };
        if !(increases && d.min(e) >= -validate::LARGEST_COST) {
            return Err(format!(
                "{first} = {d:?}, {second} = {e:?}: budgets must be >= -1e150, ordered by the second, then by the first"
            ));
        }
        let bits = |line: &Line, k: usize| line.fixed[k].to_bits();
        let changes = |&k: &usize| before.is_some_and(|before| bits(&line, k) != bits(before, k));
        match (0..fixed.len()).find(changes) {
            Some(k) => Err(format!("{} = {:?} is another than before", fixed[k], line.fixed[k])),
            None => Ok(line),
        }
    }
}

/// Of the many spellings of an infinity that Rust reads, the one that it writes.
fn number(column: &str, text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok();
    parsed
        .filter(|value: &f64| value.is_finite() || text == "inf")
        .ok_or_else(|| format!("{column} = {text:?}: neither a number nor \"inf\""))
}
