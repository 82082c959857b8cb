//! What every answer has and no request gets past, for all routes that there are.

mod canaries;
mod payloads;
mod posts;
mod redirects;
mod routes;
mod wire;

const INTO_ACME: (&str, &str) = ("default_company", "acme");
