// Tests by what clients are counted.

import Testing

@testable import HeedServer

@Suite("Client key")
struct RequestContextTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:207", "192.0.2.7"), ("fe80::1%eth0", "fe80:0:0:0::/64"), ("odd", "odd"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::2", "2001:db8:1:2::/64"), ("2001:db8::1", "2001:db8:0:0::/64"),
        ("::1", "0:0:0:0::/64"), ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("", ""),
    ])
    func theLastHalfOfAnAddressIsTheClientsOwn(_ ip: String, _ key: String) {
        #expect(clientKey(of: ip) == key)
    }
}
