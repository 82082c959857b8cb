//! Stylesheets, script and pictures: embedded, named by their content, cached for ever.

mod palette;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use self::palette::Palette;
use crate::domain::{Brand, hex};

const STYLESHEET: &str = include_str!("../../assets/usher.css");
const COPY_SCRIPT: &str = include_str!("../../assets/copy.js");
const MARK: &str = include_str!("../../assets/mark.svg");

/// The largest logo taken, in bytes.
const LOGO_LIMIT: usize = 256 * 1024;

/// Everything that is served below `/assets/`, by file name.
#[derive(Debug, Clone)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
    names: Names,
}

/// Where pages find the assets: absolute paths.
#[derive(Debug, Clone)]
pub struct Names {
    /// The stylesheet.
    pub style: String,
    /// The colours of the brand, as custom properties.
    pub brand_style: String,
    /// The copy button.
    pub copy_script: String,
    /// The mark in the colours of the brand; the icon of every page.
    pub mark: String,
    /// The brand's own logo.
    pub logo: Option<String>,
}

#[derive(Debug, Clone)]
struct Asset {
    kind: &'static str,
    body: Bytes,
}

impl Assets {
    /// The assets of a brand.
    ///
    /// # Errors
    /// A colour that is none, or a logo that cannot be read, is too large or of an unknown
    /// kind; says which setting to change.
    pub fn new(brand: &Brand) -> anyhow::Result<Self> {
        let palette = Palette::new(brand)?;
        let mut files = BTreeMap::new();
        let mut add = |stem: &str, extension: &str, body: Vec<u8>| -> anyhow::Result<String> {
            let kind = content_type(extension).context("an asset of an unknown kind")?;
            let name = format!("{stem}-{}.{extension}", fingerprint(&body));
            let path = format!("/assets/{name}");
            let body = Bytes::from(body);
            files.insert(name, Asset { kind, body });
            Ok(path)
        };
        let logo = match &brand.logo_file {
            Some(path) => {
                let (extension, body) = read_logo(path)?;
                Some(add("logo", extension, body)?)
            }
            None => None,
        };
        let names = Names {
            style: add("usher", "css", STYLESHEET.into())?,
            brand_style: add("brand", "css", palette.stylesheet().into())?,
            copy_script: add("copy", "js", COPY_SCRIPT.into())?,
            mark: add("mark", "svg", palette.mark(MARK).into())?,
            logo,
        };
        Ok(Self { files, names })
    }

    /// Where pages find them.
    pub fn names(&self) -> Names {
        self.names.clone()
    }

    /// The answer to `GET /assets/NAME`; `None` where there is no such file.
    pub fn serve(&self, name: &str) -> Option<Response> {
        let asset = self.files.get(name)?;
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
            (header::CACHE_CONTROL, IMMUTABLE),
        ];
        Some((headers, asset.body.clone()).into_response())
    }
}

/// A name changes with the content, so a file never does.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

fn fingerprint(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    hex(&digest.as_ref()[..8])
}

fn content_type(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        _ => return None,
    })
}

fn read_logo(path: &Path) -> anyhow::Result<(&'static str, Vec<u8>)> {
    let shown = path.display();
    let given = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let known = ["svg", "png", "jpg", "jpeg", "webp"];
    let Some(extension) = known.iter().find(|e| e.eq_ignore_ascii_case(given)) else {
        bail!(
            "USHER__BRAND__LOGO_FILE: {shown} does not end in .svg, .png, .jpg or .webp; \
             name a picture of one of these kinds"
        );
    };
    let body = std::fs::read(path).with_context(|| {
        format!("USHER__BRAND__LOGO_FILE: cannot read {shown}; name a file that this user may read")
    })?;
    if body.len() > LOGO_LIMIT {
        bail!(
            "USHER__BRAND__LOGO_FILE: {shown} has {} KiB, more than {} KiB; name a smaller picture",
            body.len() / 1024,
            LOGO_LIMIT / 1024
        );
    }
    Ok((extension, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand() -> Brand {
        Brand {
            name: "Usher".into(),
            logo_file: None,
            color: None,
            accent: None,
            contact: None,
        }
    }

    #[test]
    fn an_asset_is_named_by_its_content_and_kept_for_ever() {
        let assets = Assets::new(&brand()).unwrap();
        let style = assets.names().style;
        let name = style.strip_prefix("/assets/").unwrap();
        let response = assets.serve(name).unwrap();
        let headers = response.headers();
        assert_eq!(headers["content-type"], "text/css; charset=utf-8");
        assert_eq!(
            headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert!(assets.serve("usher.css").is_none());
        assert!(assets.serve("../Cargo.toml").is_none());
    }

    #[test]
    fn another_colour_is_another_stylesheet() {
        let plain = Assets::new(&brand()).unwrap().names();
        let mut red = brand();
        red.accent = Some("#b3261e".into());
        let red = Assets::new(&red).unwrap().names();
        assert_ne!(plain.brand_style, red.brand_style);
        assert_eq!(plain.style, red.style);
    }

    #[test]
    fn a_logo_that_cannot_be_used_names_the_setting() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.png");
        std::fs::write(&large, vec![0; LOGO_LIMIT + 1]).unwrap();
        for path in [
            large,
            folder.path().join("x.exe"),
            folder.path().join("none.svg"),
        ] {
            let mut brand = brand();
            brand.logo_file = Some(path);
            let error = Assets::new(&brand).unwrap_err();
            assert!(error.to_string().starts_with("USHER__BRAND__LOGO_FILE"));
        }
    }
}
