//! Surfaces as comma-separated values.

use super::{Cell, Surface, SurfacePoint};
use crate::{RdcError, Regime, Status, check};
use std::fmt::Write;

const HEADER: &str = "distortion,error_rate,rate_bits,lower_bits,multiplier_distortion_bits_per_unit,\
    multiplier_error_bits_per_error,achieved_distortion,achieved_error_rate,regime,status";
const MISSING: &str = "missing";
const INFEASIBLE: &str = "infeasible";

impl Surface {
    /// A line for each cell, ordered by error, then by distortion, under a header that names the units.
    ///
    /// Numbers are the shortest that read back as they are, `inf` is an unconstrained budget. A cell that is not computed,
    /// or infeasible, has the status `missing` or `infeasible` and nothing between that and its budgets.
    ///
    /// ```
    /// # use rdc_theory::{Cell, RdcError, Surface};
    /// let surface = Surface::new(vec![0.1, f64::INFINITY], vec![0.25], vec![Cell::Infeasible, Cell::Missing])?;
    /// let csv = surface.to_csv();
    /// assert_eq!(csv.lines().nth(1), Some("0.1,0.25,,,,,,,,infeasible"));
    /// assert_eq!(csv.lines().nth(2), Some("inf,0.25,,,,,,,,missing"));
    /// assert_eq!(Surface::from_csv(&csv)?, surface);
    /// # Ok::<(), RdcError>(())
    /// ```
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{HEADER}\n");
        for (d, e, cell) in self.iter() {
            // Writing to a string does not fail.
            let _ = match cell {
                Cell::Missing => writeln!(csv, "{d:?},{e:?},,,,,,,,{MISSING}"),
                Cell::Infeasible => writeln!(csv, "{d:?},{e:?},,,,,,,,{INFEASIBLE}"),
                Cell::Solved(point) => {
                    let SurfacePoint { rate, lower, multipliers, achieved, regime, status } = point;
                    let ([s, t], [spent, erred]) = (multipliers, achieved);
                    writeln!(
                        csv,
                        "{d:?},{e:?},{rate:?},{lower:?},{s:?},{t:?},{spent:?},{erred:?},{regime},{status}"
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
    /// column says or breaks its rule, cells in another order.
    pub fn from_csv(csv: &str) -> Result<Self, RdcError> {
        let mut lines = csv.lines();
        let header = lines.next().unwrap_or_default();
        if header != HEADER {
            return at(1, format!("the header is {header:?}, not {HEADER:?}"));
        }
        let mut read: Vec<Line> = Vec::new();
        for (index, line) in lines.enumerate() {
            let line = Line::read(line).and_then(|line| line.after(read.last()));
            read.push(line.or_else(|what| at(index + 2, what))?);
        }
        let first_row = || read.iter().take_while(|line| line.same_row(&read[0]));
        let distortions: Vec<f64> = first_row().map(|line| line.distortion).collect();
        let width = distortions.len().max(1);
        let errors = read.iter().step_by(width).map(|line| line.error).collect();
        let cells = read.iter().map(|line| line.cell).collect();
        let surface = Self::new(distortions, errors, cells)
            .or_else(|error| at(read.len() + 1, error.to_string()))?;
        for (index, ((d, e, _), line)) in surface.iter().zip(&read).enumerate() {
            if !line.is_at(d, e) {
                return at(index + 2, format!("distortion {d:?} and error rate {e:?} are missing"));
            }
        }
        Ok(surface)
    }
}

fn at<T>(line: usize, what: String) -> Result<T, RdcError> {
    Err(RdcError::Csv { line, what })
}

struct Line {
    distortion: f64,
    error: f64,
    cell: Cell,
}

impl Line {
    /// The error is what is wrong with the line.
    fn read(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split(',').collect();
        let [d, e, rate, lower, s, t, spent, erred, regime, status] = fields[..] else {
            return Err(format!("the line has {} fields, not 10", fields.len()));
        };
        let unsolved = match status {
            MISSING => Some(Cell::Missing),
            INFEASIBLE => Some(Cell::Infeasible),
            _ => None,
        };
        if unsolved.is_some() && fields[2..9].iter().any(|field| !field.is_empty()) {
            return Err(format!("fields between the budgets and the status {status:?}"));
        }
        let solved = || {
            let point = SurfacePoint {
                rate: number("rate_bits", rate)?,
                lower: number("lower_bits", lower)?,
                multipliers: [
                    number("multiplier_distortion_bits_per_unit", s)?,
                    number("multiplier_error_bits_per_error", t)?,
                ],
                achieved: [
                    number("achieved_distortion", spent)?,
                    number("achieved_error_rate", erred)?,
                ],
                regime: check::named("regime", &Regime::ALL, regime)?,
                status: check::named("status", &Status::ALL, status)?,
            };
            point.check().map_err(|error| error.to_string())?;
            Ok::<_, String>(Cell::Solved(point))
        };
        Ok(Self {
            distortion: number("distortion", d)?,
            error: number("error_rate", e)?,
            cell: unsolved.map_or_else(solved, Ok)?,
        })
    }

    fn after(self, before: Option<&Self>) -> Result<Self, String> {
        let budgets = [self.distortion, self.error];
        let increases = before.is_none_or(|before| {
            if self.same_row(before) {
                before.distortion < self.distortion
            } else {
                before.error < self.error
            }
        });
        if increases && budgets.iter().all(|&budget| budget >= 0.0) {
            return Ok(self);
        }
        let [d, e] = budgets;
        Err(format!(
            "distortion = {d:?}, error_rate = {e:?}: budgets must be >= 0, ordered by error, then by distortion"
        ))
    }

    fn same_row(&self, other: &Self) -> bool {
        self.error.to_bits() == other.error.to_bits()
    }

    fn is_at(&self, distortion: f64, error: f64) -> bool {
        let own = [self.distortion, self.error];
        own.map(f64::to_bits) == [distortion, error].map(f64::to_bits)
    }
}

/// Of the many spellings of an infinity that Rust reads, the one that it writes.
fn number(column: &str, text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok();
    parsed
        .filter(|value: &f64| value.is_finite() || text == "inf")
        .ok_or_else(|| format!("{column} = {text:?}: neither a number nor \"inf\""))
}
