//! Sessions, from the cookie to the sign-out.

mod account;
mod back_channel;
mod front_channel;
mod hostile;
mod live;
mod places;
mod sign_out;

use usher_tests::provider::Person;
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, MAIN};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

async fn site() -> anyhow::Result<Acme> {
    Acme::start(&[INTO_ACME]).await
}

/// Signs in with a browser that may have a session.
async fn again(site: &Acme, visitor: &mut Visitor, person: Person) -> anyhow::Result<Page> {
    site.sign_in_with(visitor, MAIN, person).await
}
