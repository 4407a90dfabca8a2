// Addresses, as text and as bytes, and where each leads.

import HeedConnectors
import Testing

@Suite("Network addresses")
struct NetworkAddressTests {
    @Test(arguments: [
        ("0.0.0.0", Reach.linkLocal), ("0.255.255.255", .linkLocal), ("1.0.0.0", .outside),
        ("9.255.255.255", .outside), ("10.0.0.0", .inside), ("10.255.255.255", .inside),
        ("11.0.0.0", .outside), ("100.63.255.255", .outside), ("100.64.0.0", .inside),
        ("100.127.255.255", .inside), ("100.128.0.0", .outside), ("100.100.100.200", .linkLocal),
        ("126.255.255.255", .outside), ("127.0.0.1", .thisMachine), ("127.255.0.9", .thisMachine),
        ("128.0.0.0", .outside), ("168.63.129.16", .linkLocal), ("169.253.255.255", .outside),
        ("169.254.0.0", .linkLocal), ("169.254.169.254", .linkLocal), ("169.255.0.0", .outside),
        ("172.15.255.255", .outside), ("172.16.0.0", .inside), ("172.31.255.255", .inside),
        ("172.32.0.0", .outside), ("192.0.0.8", .inside), ("192.0.0.192", .linkLocal),
        ("192.0.1.0", .outside), ("192.167.0.0", .outside), ("192.168.0.0", .inside),
        ("192.169.0.0", .outside), ("198.17.255.255", .outside), ("198.18.0.0", .inside),
        ("198.19.255.255", .inside), ("198.20.0.0", .outside), ("223.255.255.255", .outside),
        ("224.0.0.1", .linkLocal), ("240.0.0.1", .linkLocal), ("255.255.255.255", .linkLocal),
        ("::", .linkLocal), ("::1", .thisMachine), ("[::1]", .thisMachine), ("::2", .linkLocal),
        ("::127.0.0.1", .thisMachine), ("::ffff:127.0.0.1", .thisMachine),
        ("::ffff:7f00:1", .thisMachine), ("::FFFF:169.254.169.254", .linkLocal),
        ("::ffff:a9fe:a9fe", .linkLocal), ("::ffff:10.1.2.3", .inside),
        ("::ffff:8.8.8.8", .outside), ("::fffe:8.8.8.8", .outside),
        ("64:ff9b::8.8.8.8", .outside), ("64:ff9b::a9fe:a9fe", .linkLocal),
        ("64:ff9b::10.0.0.1", .inside), ("64:ff9b:1::8.8.8.8", .inside),
        ("64:ff9c::8.8.8.8", .outside), ("2002:a9fe:a9fe::1", .linkLocal),
        ("2002:7f00:1::", .thisMachine), ("2002:0a00:1::", .inside),
        ("2002:808:808::1", .outside), ("2001:0:1:2:3:4:5601:5601", .linkLocal),
        ("2001:0:1:2:3:4:f7f7:f7f7", .outside), ("2001:1::1", .outside),
        ("2a00:1450:4001::200e", .outside), ("fb00::1", .outside), ("fc00::1", .inside),
        ("fdff::1", .inside), ("fd00:ec2::254", .linkLocal), ("fd20:ce::254", .linkLocal),
        ("fd00:c1::a9fe:a9fe", .linkLocal), ("fd00:ec2::255", .inside), ("fe00::1", .outside),
        ("fe80::1", .linkLocal), ("fe80::1%eth0", .linkLocal), ("[fe80::1%25eth0]", .linkLocal),
        ("febf::1", .linkLocal), ("fec0::1", .inside), ("feff::1", .inside),
        ("ff02::1", .linkLocal),
    ])
    func eachLeadsSomewhere(_ text: String, _ reach: Reach) throws {
        #expect(try #require(NetworkAddress(host: text)).reach == reach)
    }

    @Test(arguments: [
        "", "heed.example", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4",
        "0x7f.0.0.1", "2130706433", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8", "12345::", "g::", "::1.2.3", "1.2.3.4::", "[::1", "%eth0", "::+1",
        "1:", ":1", "::1:", "１.2.3.4", String(repeating: ":", count: 100_000),
    ])
    func whatIsNoAddressIsAName(_ text: String) {
        #expect(NetworkAddress(host: text) == nil)
    }

    @Test func anAddressHasFourOrSixteenBytes() {
        for count in 0...20 {
            let address = NetworkAddress(bytes: [UInt8](repeating: 1, count: count))
            #expect((address != nil) == (count == 4 || count == 16))
        }
    }

    /// Text and bytes are the same address.
    @Test func bytesAndTextAgree() throws {
        let text = NetworkAddress(host: "2001:db8::1:0:0:a")
        let bytes: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x0A]
        #expect(text == NetworkAddress(bytes: bytes))
        #expect(NetworkAddress(host: "1.2.3.4") == NetworkAddress(bytes: [1, 2, 3, 4]))
    }
}
