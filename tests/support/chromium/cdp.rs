use anyhow::Context;
use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId};

use super::Chromium;

impl Chromium {
    /// Sends a command of the Chrome DevTools protocol through chromedriver.
    pub async fn cdp(&self, method: &str, parameters: Value) -> anyhow::Result<Value> {
        let command = Cdp {
            method: method.to_owned(),
            parameters,
        };
        let answer = self
            .driver
            .cmd(command)
            .await
            .with_context(|| method.to_owned())?;
        Ok(answer.value_json()?)
    }
}

#[derive(Debug)]
struct Cdp {
    method: String,
    parameters: Value,
}

impl FormatRequestData for Cdp {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let path = format!("/session/{session}/goog/cdp/execute");
        RequestData::new(reqwest::Method::POST, path)
            .add_body(json!({ "cmd": self.method, "params": self.parameters }))
    }
}
