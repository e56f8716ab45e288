//! Which addresses are public: those that a stranger's URL may lead the hub to. All others are
//! somebody's own network, the machine itself, or nobody's (the IANA registries of special-purpose
//! addresses, and the metadata services of the clouds).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, as far as it matters to where notifications may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anybody's.
    Public,
    /// This machine's own.
    Loopback,
    /// Everything else that has no place in a reseller's URL.
    Inner,
}

/// Networks that are not public, with the length of their prefix.
const INNER_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT; Alibaba's metadata
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's metadata, in the midst of public ones
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; the metadata of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocols; Oracle's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];
/// Public IPv6 lies in here, but for what follows.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const INNER_V6: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, Teredo among them
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];
/// IPv6 addresses that stand for an IPv4 address: NAT64, and 6to4.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
const SIX_TO_FOUR: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// What an address is; one that stands for another is what that other is.
pub(super) fn kind(address: IpAddr) -> Kind {
    match address.to_canonical() {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => kind_v6(address),
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    if address.is_loopback() {
        return Kind::Loopback;
    }
    let is_inner = INNER_V4.iter().any(|(net, length)| {
        let mask = u32::MAX << (u32::BITS - length);
        u32::from(address) & mask == u32::from(*net)
    });
    if is_inner { Kind::Inner } else { Kind::Public }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let [_, first, second, _, _, _, seventh, eighth] = address.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    if address.is_loopback() {
        Kind::Loopback
    } else if lies_in(address, NAT64) {
        kind_v4(embedded(seventh, eighth))
    } else if lies_in(address, SIX_TO_FOUR) {
        kind_v4(embedded(first, second))
    } else if lies_in(address, GLOBAL_V6) && !INNER_V6.iter().any(|net| lies_in(address, *net)) {
        Kind::Public
    } else {
        Kind::Inner
    }
}

fn lies_in(address: Ipv6Addr, (net, length): (Ipv6Addr, u32)) -> bool {
    let mask = u128::MAX << (u128::BITS - length);
    u128::from(address) & mask == u128::from(net)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_is_told_apart() {
        for (address, expected) in [
            ("1.1.1.1", Kind::Public),
            ("9.255.255.255", Kind::Public),
            ("11.0.0.0", Kind::Public),
            ("100.63.255.255", Kind::Public),
            ("100.128.0.0", Kind::Public),
            ("168.63.129.15", Kind::Public),
            ("172.15.255.255", Kind::Public),
            ("172.32.0.0", Kind::Public),
            ("192.167.255.255", Kind::Public),
            ("198.20.0.0", Kind::Public),
            ("223.255.255.255", Kind::Public),
            ("2606:4700::1111", Kind::Public),
            ("2a00:1450:4001::1", Kind::Public),
            ("64:ff9b::1.1.1.1", Kind::Public),
            ("2002:101:101::", Kind::Public),
            ("::ffff:1.1.1.1", Kind::Public),
            ("127.0.0.1", Kind::Loopback),
            ("127.255.255.254", Kind::Loopback),
            ("::1", Kind::Loopback),
            ("::ffff:127.0.0.1", Kind::Loopback),
            ("64:ff9b::127.0.0.1", Kind::Loopback),
            ("2002:7f00:1::", Kind::Loopback),
            ("0.0.0.0", Kind::Inner),
            ("0.1.2.3", Kind::Inner),
            ("10.0.0.1", Kind::Inner),
            ("100.64.0.1", Kind::Inner),
            ("100.100.100.200", Kind::Inner),
            ("168.63.129.16", Kind::Inner),
            ("169.254.169.254", Kind::Inner),
            ("172.16.0.1", Kind::Inner),
            ("172.31.255.255", Kind::Inner),
            ("192.0.0.192", Kind::Inner),
            ("192.0.2.1", Kind::Inner),
            ("192.168.1.1", Kind::Inner),
            ("198.19.255.255", Kind::Inner),
            ("198.51.100.1", Kind::Inner),
            ("203.0.113.1", Kind::Inner),
            ("224.0.0.1", Kind::Inner),
            ("255.255.255.255", Kind::Inner),
            ("::", Kind::Inner),
            ("::10.0.0.1", Kind::Inner),
            ("::ffff:10.0.0.1", Kind::Inner),
            ("::ffff:169.254.169.254", Kind::Inner),
            ("64:ff9b::10.0.0.1", Kind::Inner),
            ("64:ff9b:1::1", Kind::Inner),
            ("100::1", Kind::Inner),
            ("2001::1", Kind::Inner),
            ("2001:db8::1", Kind::Inner),
            ("2002:a00:1::", Kind::Inner),
            ("2002:a9fe:a9fe::", Kind::Inner),
            ("3fff::1", Kind::Inner),
            ("5f00::1", Kind::Inner),
            ("fc00::1", Kind::Inner),
            ("fd00:ec2::254", Kind::Inner),
            ("fe80::1", Kind::Inner),
            ("fec0::1", Kind::Inner),
            ("ff02::1", Kind::Inner),
        ] {
            assert_eq!(kind(address.parse().unwrap()), expected, "{address}");
        }
    }
}
