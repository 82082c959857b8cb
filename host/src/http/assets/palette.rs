use anyhow::bail;

use crate::domain::Brand;

/// The colours of a brand, made readable: whatever a site configures, text keeps a contrast
/// of 4.5 to 1 in both themes (WCAG 2.2, 1.4.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    brand: Color,
    accent: Color,
}

/// The darkest background that text stands on in the light theme, and the lightest in the
/// dark one; `usher.css` holds the same values, and a test compares them.
const LIGHT: Color = Color([0xed, 0xeb, 0xe4]);
const DARK: Color = Color([0x2b, 0x30, 0x2d]);

const OWN: Color = Color([0x12, 0x5e, 0x52]);
const WHITE: Color = Color([0xff; 3]);
const BLACK: Color = Color([0; 3]);

/// Of text.
const READABLE: f64 = 4.5;
/// Of the edge of a control.
const VISIBLE: f64 = 3.0;

impl Palette {
    /// The colours of `USHER__BRAND__COLOR` and `…__ACCENT`; one stands for both.
    pub(super) fn new(brand: &Brand) -> anyhow::Result<Self> {
        let color = parse("USHER__BRAND__COLOR", brand.color.as_deref())?;
        let accent = parse("USHER__BRAND__ACCENT", brand.accent.as_deref())?;
        Ok(Self {
            brand: color.or(accent).unwrap_or(OWN),
            accent: accent.or(color).unwrap_or(OWN),
        })
    }

    /// Custom properties for both themes.
    pub(super) fn stylesheet(self) -> String {
        let light = self.properties(LIGHT, BLACK);
        let dark = self.properties(DARK, WHITE);
        format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
    }

    /// The mark in the colour of the brand.
    pub(super) fn mark(self, svg: &str) -> String {
        svg.replace("#125e52", &self.brand.to_string())
            .replace("#ffffff", &self.brand.text_on().to_string())
    }

    fn properties(self, ground: Color, towards: Color) -> String {
        let brand = self.brand.until(VISIBLE, ground, towards);
        let accent = self.accent.until(VISIBLE, ground, towards);
        let link = self.accent.until(READABLE, ground, towards);
        format!(
            "--brand:{brand};--on-brand:{};--accent:{accent};--on-accent:{};--link:{link}",
            brand.text_on(),
            accent.text_on(),
        )
    }
}

fn parse(setting: &str, text: Option<&str>) -> anyhow::Result<Option<Color>> {
    let Some(text) = text else { return Ok(None) };
    match Color::parse(text) {
        Some(color) => Ok(Some(color)),
        None => bail!("{setting}: `{text}` is not a colour; write it as #rrggbb, such as #125e52"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Color([u8; 3]);

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl Color {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([channel(0)?, channel(2)?, channel(4)?]))
    }

    /// White or black, whichever is easier to read on this; one of them always is readable.
    fn text_on(self) -> Self {
        if contrast(self, WHITE) >= READABLE {
            WHITE
        } else {
            BLACK
        }
    }

    /// The nearest colour on the way to `towards` that has `ratio` against `ground`. The way
    /// to white leads through the brightest colour of the same hue, so that it stays vivid.
    fn until(self, ratio: f64, ground: Self, towards: Self) -> Self {
        let over = if towards == WHITE {
            self.brightest()
        } else {
            self
        };
        let share = |step: u8| f64::from(step) / 50.0;
        let there = (0..=50).map(|step| self.mix(over, share(step)));
        let beyond = (0..=50).map(|step| over.mix(towards, share(step)));
        there
            .chain(beyond)
            .find(|color| contrast(*color, ground) >= ratio)
            .unwrap_or(towards)
    }

    fn brightest(self) -> Self {
        let most = f64::from(self.0.into_iter().max().unwrap_or(0).max(1));
        Self(
            self.0
                .map(|channel| (f64::from(channel) * 255.0 / most).round() as u8),
        )
    }

    fn mix(self, other: Self, share: f64) -> Self {
        let mut mixed = self.0;
        for (channel, target) in mixed.iter_mut().zip(other.0) {
            let value = f64::from(*channel) + (f64::from(target) - f64::from(*channel)) * share;
            *channel = value.round() as u8;
        }
        Self(mixed)
    }

    /// Relative luminance of WCAG 2.
    fn luminance(self) -> f64 {
        let linear = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
}

fn contrast(one: Color, other: Color) -> f64 {
    let (a, b) = (one.luminance(), other.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURED: [&str; 7] = [
        "#125e52", "#ffffff", "#000000", "#ffff00", "#0000ff", "#808080", "#ff6600",
    ];

    #[test]
    fn whatever_is_configured_stays_readable_in_both_themes() {
        for text in CONFIGURED {
            let color = Color::parse(text).unwrap();
            for (ground, towards) in [(LIGHT, BLACK), (DARK, WHITE)] {
                let link = color.until(READABLE, ground, towards);
                assert!(contrast(link, ground) >= READABLE, "{text} on {ground}");
                let accent = color.until(VISIBLE, ground, towards);
                assert!(contrast(accent, accent.text_on()) >= READABLE, "{text}");
            }
        }
    }

    #[test]
    fn contrast_is_that_of_the_guideline() {
        assert!((contrast(WHITE, BLACK) - 21.0).abs() < 1e-9);
        let grey = Color::parse("#767676").unwrap();
        assert!((contrast(grey, WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        for bad in [
            "red", "#fff", "#12345g", "#1234567", "125e52", "#fff;}*{", "#é1234",
        ] {
            assert!(Color::parse(bad).is_none(), "{bad}");
            let brand = Brand {
                name: "x".into(),
                logo_file: None,
                color: Some(bad.into()),
                accent: None,
                contact: None,
            };
            let error = Palette::new(&brand).unwrap_err().to_string();
            assert!(error.starts_with("USHER__BRAND__COLOR"), "{error}");
        }
    }

    #[test]
    fn the_grounds_are_those_of_the_stylesheet() {
        let style = super::super::STYLESHEET;
        for ground in [LIGHT, DARK] {
            assert!(style.contains(&format!("--sunken: {ground};")), "{ground}");
        }
    }
}
