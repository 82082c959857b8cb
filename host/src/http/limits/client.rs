use std::net::{IpAddr, Ipv6Addr};
use std::sync::Once;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Tells clients apart by address, and proxies from clients (`TRUSTED_PROXIES`).
#[derive(Debug)]
pub(super) struct Clients {
    trusted: Vec<IpNet>,
    told: Once,
}

const FORWARDED: &str = "x-forwarded-for";

impl Clients {
    pub(super) fn new(trusted: &[IpNet]) -> Self {
        Self {
            trusted: trusted.to_vec(),
            told: Once::new(),
        }
    }

    /// Whom a request counts for: an IPv4 address, or a /64 of IPv6, which is one customer's.
    ///
    /// Each trusted proxy added whom it heard from at the end of the list, so that is read
    /// backwards, as long as it is proxies that speak; what a client wrote there itself stands
    /// in front, and is never reached.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut speaker = canonical(peer);
        if !self.is_trusted(speaker) {
            self.tell_of_a_proxy(speaker, headers);
            return network(speaker);
        }
        // Bytes, not text: what a client put in front must not spoil what a proxy added.
        let lines = headers.get_all(FORWARDED).iter().rev();
        for address in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            match parse(address) {
                Some(address) => speaker = address,
                None => return network(canonical(peer)),
            }
            if !self.is_trusted(speaker) {
                break;
            }
        }
        network(speaker)
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|range| range.contains(&address))
    }

    /// Behind a proxy that is not trusted everybody is one client, and shares its limits.
    fn tell_of_a_proxy(&self, peer: IpAddr, headers: &HeaderMap) {
        if headers.contains_key(FORWARDED) {
            self.told.call_once(|| {
                tracing::warn!(
                    %peer,
                    "requests carry X-Forwarded-For, and this peer is not trusted to say so: all \
                     who come through it share one rate limit; if it is a proxy of yours, add it \
                     to USHER__TRUSTED_PROXIES"
                );
            });
        }
    }
}

/// Some proxies write a port behind the address.
fn parse(address: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(address).ok()?.trim();
    let socket = || text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(socket).map(canonical)
}

fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|range| range.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let clients = Clients::new(&trusted);
        clients.client(peer.parse().unwrap(), &headers).to_string()
    }

    /// Rows: hole 41
    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_speaks() {
        let proxy = ["10.0.0.0/8"];
        assert_eq!(client(&[], "10.0.0.1", &["1.1.1.1"]), "10.0.0.1");
        assert_eq!(client(&proxy, "8.8.8.8", &["1.1.1.1"]), "8.8.8.8");
        assert_eq!(client(&proxy, "10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(client(&proxy, "10.0.0.1", &[]), "10.0.0.1");
    }

    /// Rows: hole 41
    #[test]
    fn what_a_client_wrote_itself_is_never_reached() {
        let proxies = ["10.0.0.0/8", "::1/128"];
        for forwarded in [
            &["6.6.6.6, 1.1.1.1, 10.0.0.2"][..],
            &["6.6.6.6", "1.1.1.1,10.0.0.2"],
            &["10.0.0.9, 1.1.1.1"],
            &["nonsense, 1.1.1.1:4711"],
            &["b\u{f6}se, 1.1.1.1"],
            &[",,,,1.1.1.1"],
        ] {
            assert_eq!(
                client(&proxies, "10.0.0.1", forwarded),
                "1.1.1.1",
                "{forwarded:?}"
            );
        }
        for malformed in [
            "1.1.1.1, nonsense",
            "1.1.1.1, unknown, 10.0.0.2",
            "",
            "1.1.1.1,",
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", &[malformed]), "10.0.0.1");
        }
        assert_eq!(client(&proxies, "10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
    }

    /// Rows: S9
    #[test]
    fn a_customer_of_ipv6_is_one_client() {
        let one = client(&[], "2001:db8:1:2:3:4:5:6", &[]);
        assert_eq!(one, client(&[], "2001:db8:1:2:ffff::1", &[]));
        assert_ne!(one, client(&[], "2001:db8:1:3::1", &[]));
        assert_eq!(client(&[], "::ffff:1.1.1.1", &[]), "1.1.1.1");
        let through = client(&["::1/128"], "::1", &["[2001:db8:1:2::9]:443"]);
        assert_eq!(through, one);
    }
}
