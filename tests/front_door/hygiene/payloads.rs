//! Places that an open redirect would lead to: how a path may begin, how a host may be
//! written, and how either may be hidden, each with each.

use std::collections::BTreeSet;

/// The host of nobody here, as browsers understand it.
const HOSTS: [&str; 14] = [
    "evil.example",
    "EVIL.Example.",
    "evil.example:443",
    "user@evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1:80@evil.example",
    "127.0.0.1%40evil.example",
    "127.0.0.1.evil.example",
    "ev\u{ad}il.example",
    "evil\u{3002}example",
    "\u{ff45}vil.example",
    "0xc6336401",
    "3325256705",
    "[2001:db8::1]",
];

/// What may make a browser take what follows for a host.
const LEADS: [&str; 52] = [
    "//",
    "///",
    "////",
    "/\\",
    "\\/",
    "\\\\",
    "\\",
    "/\\/",
    "\\//",
    "//\\",
    "/\t/",
    "/\n/",
    "/\r/",
    "/\r\n/",
    "\t//",
    "\n//",
    " //",
    "\u{1}//",
    "\u{1f}//",
    "/\0/",
    "/ /",
    "/\u{a0}/",
    "\u{a0}//",
    "\u{feff}//",
    "/\u{200b}/",
    "/\u{2028}/",
    "/\u{2044}",
    "/\u{2215}",
    "/\u{ff0f}",
    "\u{ff0f}\u{ff0f}",
    "/.//",
    "/./\\",
    "/..//",
    "/a/..//",
    "/a/../\\",
    "/%2e//",
    "/%2e%2e//",
    "/%2E%2e/%5c",
    "/.\t//",
    "/;//",
    "/%2f",
    "/%2F%2F",
    "%2f%2f",
    "/%5c",
    "/%5C%5C",
    "/%09/",
    "/%0a/",
    "/%00/",
    "/%252f",
    "/%255c",
    "/%c0%af",
    "/@",
];

/// Schemes that lead away without a path.
const SCHEMES: [&str; 24] = [
    "http://",
    "https://",
    "HTTPS://",
    "http:",
    "https:",
    "https:/",
    "https:///",
    "http:\\\\",
    "ht\ttps://",
    "ht\ntps://",
    "\thttps://",
    " https://",
    "\u{1}https://",
    "https:\t//",
    "https://\t",
    "ftp://",
    "ws://",
    "wss://",
    "view-source:https://",
    "blob:https://",
    "feed:https://",
    "intent://",
    "//https:",
    "/https://",
];

/// Schemes that run or show something.
const ACTIVE: [&str; 12] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    " javascript:alert(1)",
    "javascript://evil.example/%0aalert(1)",
    "/javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "about:blank",
];

/// Breaks out of the header, if anything does.
const HEADERS: [&str; 8] = [
    "/\r\nLocation: https://evil.example",
    "/\nSet-Cookie: usher=x",
    "/\r\n\r\n<script>alert(1)</script>",
    "/%0d%0aLocation:%20https://evil.example",
    "/%E5%98%8A%E5%98%8DLocation:%20https://evil.example",
    "/\u{560a}\u{560d}Location: https://evil.example",
    "/\u{85}Location: x",
    "/account\0https://evil.example",
];

/// What may follow.
const TRAILS: [&str; 4] = ["", "/..", "?x=/account", "#/account"];

/// Looks bad and is not, or the other way round.
const ODD: [&str; 16] = [
    "",
    "/",
    ".",
    "..",
    "?",
    "#",
    "/?//evil.example",
    "/#//evil.example",
    "?//evil.example",
    "account",
    "/account?next=https://evil.example",
    "/account/../..//evil.example",
    "/account/%2e%2e/%2e%2e/evil.example",
    "/a/b/../../../x",
    "/:80/x",
    "/account;//evil.example",
];

/// All of them, each once.
pub(super) fn all() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for lead in LEADS.iter().chain(&SCHEMES) {
        for host in HOSTS {
            all.insert(format!("{lead}{host}"));
        }
        for trail in TRAILS {
            all.insert(format!("{lead}evil.example{trail}"));
        }
    }
    let single = ACTIVE.iter().chain(&HEADERS).chain(&ODD);
    all.extend(single.map(|&text| text.to_owned()));
    // Behind a path of ours, which some readers would have looked at alone.
    for lead in LEADS {
        all.insert(format!("/account{lead}evil.example"));
        all.insert(format!("/account/..{lead}evil.example"));
    }
    all
}
