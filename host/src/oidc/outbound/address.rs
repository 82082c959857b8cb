//! Which addresses may be connected to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Public addresses, those allowed by name, and loopback if it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    loopback: bool,
    allowed: Arc<[IpNet]>,
}

impl Reach {
    pub(super) fn new(loopback: bool, allowed: &[IpNet]) -> Self {
        let allowed = allowed.into();
        Self { loopback, allowed }
    }

    /// A URL whose host is an address must name a reachable one.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), Forbidden> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(address.into()),
            Some(Host::Ipv6(address)) => self.check(address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    pub(super) fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        let address = plain(address);
        let forbidden = |kind| Err(Forbidden { address, kind });
        if address.is_loopback() {
            // No range opens it: whoever may name a provider must not reach this machine.
            return if self.loopback {
                Ok(())
            } else {
                forbidden(Kind::Loopback)
            };
        }
        if listed(&NOWHERE_4, &NOWHERE_6, address) {
            return forbidden(Kind::Nowhere);
        }
        let private = listed(&PRIVATE_4, &PRIVATE_6, address);
        if private && !self.allowed.iter().any(|range| range.contains(&address)) {
            return forbidden(Kind::Private);
        }
        Ok(())
    }
}

/// The IPv4 address inside an IPv6 one, where a gateway or the kernel would unpack it.
fn plain(address: IpAddr) -> IpAddr {
    const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
    const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);
    let IpAddr::V6(six) = address else {
        return address;
    };
    let octets = six.octets();
    let four = |at: usize| {
        Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]).into()
    };
    match six.to_ipv4_mapped() {
        Some(mapped) => mapped.into(),
        None if NAT64.contains(&six) => four(12),
        None if SIX_TO_FOUR.contains(&six) => four(2),
        None => address,
    }
}

fn listed(fours: &[Ipv4Net], sixes: &[Ipv6Net], address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => fours.iter().any(|range| range.contains(&four)),
        IpAddr::V6(six) => sixes.iter().any(|range| range.contains(&six)),
    }
}

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(groups: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = groups;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// Private networks, carriers, link-local with the clouds' metadata, protocol assignments,
/// benchmarks: a provider may live there if the operator says so.
const PRIVATE_4: [Ipv4Net; 7] = [
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
];
const PRIVATE_6: [Ipv6Net; 3] = [
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
];

/// "This network", documentation, multicast, reserved: nobody lives there.
const NOWHERE_4: [Ipv4Net; 6] = [
    v4([0, 0, 0, 0], 8),
    v4([192, 0, 2, 0], 24),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];
const NOWHERE_6: [Ipv6Net; 4] = [
    // Unspecified and the long dead IPv4-compatible addresses; loopback was answered before.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// An address that is not to be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forbidden {
    address: IpAddr,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Loopback,
    Private,
    Nowhere,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match self.kind {
            Kind::Loopback => write!(
                f,
                "is at the loopback address {address}, which only a provider whose base_url is itself on loopback may use"
            ),
            Kind::Private => write!(
                f,
                "is at the private address {address}; if the provider lives there, name the range in USHER__OIDC__ALLOW_PRIVATE"
            ),
            Kind::Nowhere => write!(f, "is at {address}, where no provider can be"),
        }
    }
}

impl std::error::Error for Forbidden {}

/// Resolves a name once and hands out the reachable addresses alone, so that what was checked
/// is what is connected to.
pub(super) struct Resolver(Reach);

impl Resolver {
    pub(super) fn new(reach: Reach) -> Self {
        Self(reach)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            reachable(&reach, found)
        })
    }
}

fn reachable(
    reach: &Reach,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let mut good = Vec::new();
    let mut last = None;
    for address in found {
        match reach.check(address.ip()) {
            Ok(()) => good.push(address),
            Err(forbidden) => last = Some(forbidden),
        }
    }
    match last {
        Some(forbidden) if good.is_empty() => Err(forbidden.into()),
        _ => Ok(Box::new(good.into_iter())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(reach: &Reach, address: &str) -> Option<Kind> {
        reach
            .check(address.parse().unwrap())
            .err()
            .map(|forbidden| forbidden.kind)
    }

    #[test]
    fn s10_private_link_local_and_metadata_addresses_are_refused_in_every_spelling() {
        let reach = Reach::new(false, &[]);
        for (address, kind) in [
            ("10.1.2.3", Kind::Private),
            ("172.31.0.1", Kind::Private),
            ("192.168.0.1", Kind::Private),
            ("100.64.0.1", Kind::Private),
            ("169.254.169.254", Kind::Private),
            ("::ffff:169.254.169.254", Kind::Private),
            ("64:ff9b::a9fe:a9fe", Kind::Private),
            ("2002:a9fe:a9fe::1", Kind::Private),
            ("fd00:ec2::254", Kind::Private),
            ("fe80::1", Kind::Private),
            ("127.0.0.1", Kind::Loopback),
            ("127.8.8.8", Kind::Loopback),
            ("::1", Kind::Loopback),
            ("::ffff:127.0.0.1", Kind::Loopback),
            ("0.0.0.0", Kind::Nowhere),
            ("::", Kind::Nowhere),
            ("255.255.255.255", Kind::Nowhere),
            ("224.0.0.1", Kind::Nowhere),
            ("ff02::1", Kind::Nowhere),
        ] {
            assert_eq!(verdict(&reach, address), Some(kind), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert_eq!(verdict(&reach, address), None, "{address}");
        }
    }

    #[test]
    fn s10_an_allowed_range_opens_private_addresses_and_never_loopback() {
        let ranges = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16"].map(|r| r.parse().unwrap());
        let reach = Reach::new(false, &ranges);
        assert_eq!(verdict(&reach, "10.9.9.9"), None);
        assert_eq!(verdict(&reach, "169.254.1.1"), None);
        assert_eq!(verdict(&reach, "192.168.0.1"), Some(Kind::Private));
        assert_eq!(verdict(&reach, "127.0.0.1"), Some(Kind::Loopback));
        assert_eq!(verdict(&Reach::new(true, &[]), "127.0.0.1"), None);
        assert_eq!(
            verdict(&Reach::new(true, &[]), "10.0.0.1"),
            Some(Kind::Private)
        );
    }

    #[test]
    fn a_name_with_a_forbidden_and_a_public_address_is_reached_at_the_public_one() {
        let reach = Reach::new(false, &[]);
        let found = ["10.0.0.1:0", "8.8.8.8:0"].map(|a| a.parse().unwrap());
        let good: Vec<_> = reachable(&reach, found.into_iter()).unwrap().collect();
        assert_eq!(good, ["8.8.8.8:0".parse().unwrap()]);
        let only: [SocketAddr; 1] = ["10.0.0.1:0".parse().unwrap()];
        let refusal = reachable(&reach, only.into_iter())
            .err()
            .unwrap()
            .to_string();
        assert!(refusal.contains("USHER__OIDC__ALLOW_PRIVATE"), "{refusal}");
    }
}
