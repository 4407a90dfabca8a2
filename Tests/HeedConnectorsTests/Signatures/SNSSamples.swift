// Messages of Amazon SNS signed by another implementation, with the certificates made for them.

/// A notification and a subscription of one topic, and certificates valid from 2025-01-01 to
/// 2026-06-30.
enum SNSSample {
    static let topic = "arn:aws:sns:eu-central-1:123456789012:ses-events"
    static let certificateURL = "https://sns.eu-central-1.amazonaws.com/SimpleNotification-1.pem"

    /// With the name SNS uses.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIICzDCCAbSgAwIBAgICEmcwDQYJKoZIhvcNAQELBQAwKTELMAkGA1UEBhMCVVMx
        GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMB4XDTI1MDEwMTAwMDAwMFoXDTI2
        MDYzMDIzNTk1OVowKTELMAkGA1UEBhMCVVMxGjAYBgNVBAMMEXNucy5hbWF6b25h
        d3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv7i8XOEzQ5lz
        Amx+cV2+yH0IbSbgpoAZO5QCfq5UwOeTd3yzP88aj0AmsJYif8kdtBYiIzq3G2mY
        6xeItISPuP5EBWdA9HBeclMDC0M9Y/Oa2W/TQUbdNwFxJYHJmrOwIt+hv9nV/rM2
        ZvzTCSeMBpMXmpco3ODK7Bkr2KQEc5Qu173bo/8jClIS5HCrHlgE3CCO/4f4pL9Q
        KE6Lle13j/78ngjGpljw5HANC9frg+pu+HDC4i2LPRhotpL/HbXFB0rkmZvFZ9tL
        jdtD3EXwD+WDslLXsCN9JVJnMZZ6hUx80vBTQa3WRm8QbZFxvsTDoWdXJ7f7BzHa
        ImA39VwSZwIDAQABMA0GCSqGSIb3DQEBCwUAA4IBAQAAgKheThfi6ZBDbgl9XMdI
        YO3P0bTJIh3cr/Rv5C0FYDqkywnBsC8MgxEiOevMyF7wk8/Tdotv2z7UEGI4tLg9
        NvCdu37mb5IaAmfx1l57f+2PnahMpNkXx7VmJDT0vHJ6wWnt1dbLXKsyhHwjcag6
        2RLRiC/a03OP/ZIIifJkKaM18SunOMTYlBdvOXTzcy0Vbr9qc2zLxr22i2X+xz6Z
        W2V1RVUBif9NMM3Qg3ALvtVVRDOyNzlDhmi6WwOMtj1Vp5l7wyLag7Eg02XTk2zt
        TbWSxde0PLAGync1KnooR1KBGkzfmxhDO/ZAeF+KKHJ6nvjr0r+OMfUvQoyYbPdZ
        -----END CERTIFICATE-----
        """

    /// With the same key and a name that is not SNS.
    static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIICyjCCAbKgAwIBAgICEmcwDQYJKoZIhvcNAQELBQAwKDELMAkGA1UEBhMCVVMx
        GTAXBgNVBAMMEHNucy5tYWlsLmV4YW1wbGUwHhcNMjUwMTAxMDAwMDAwWhcNMjYw
        NjMwMjM1OTU5WjAoMQswCQYDVQQGEwJVUzEZMBcGA1UEAwwQc25zLm1haWwuZXhh
        bXBsZTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAL+4vFzhM0OZcwJs
        fnFdvsh9CG0m4KaAGTuUAn6uVMDnk3d8sz/PGo9AJrCWIn/JHbQWIiM6txtpmOsX
        iLSEj7j+RAVnQPRwXnJTAwtDPWPzmtlv00FG3TcBcSWByZqzsCLfob/Z1f6zNmb8
        0wknjAaTF5qXKNzgyuwZK9ikBHOULte926P/IwpSEuRwqx5YBNwgjv+H+KS/UChO
        i5Xtd4/+/J4IxqZY8ORwDQvX64PqbvhwwuItiz0YaLaS/x21xQdK5JmbxWfbS43b
        Q9xF8A/lg7JS17AjfSVSZzGWeoVMfNLwU0Gt1kZvEG2Rcb7Ew6FnVye3+wcx2iJg
        N/VcEmcCAwEAATANBgkqhkiG9w0BAQsFAAOCAQEAMh0KetGSaAV52w5tEVNPldgB
        gO+OLLXmVKSMh3ZpLXNlrduzt8LllD57s6BtDEnM0J1m0Dnh6BYT+y7YYWQBynZ+
        n23X+BjNlHHQOlAQrFbNLQbW2futJSq4cd/Wj0j4aHt3hTuLc+2im+VGEAmVhu18
        /RrTRA3q3x/yOoWiXAyqO32xIVD57mKSUYjo/+cFM4SclVpB32HgZlrMeShJvciA
        34p+2xOJqpVggS0UZ59xOnRbdrtYz7Ad8rPuzI1aAS/USkv+Nb0RDyUXsz2FafgY
        P9igCjRmQ5U2FJ7zeWd+euZOog6TAs5nfeRxd8cx9hnfISgKbwhSbFJf9yUgxg==
        -----END CERTIFICATE-----
        """

    /// With a key that is not RSA.
    static let elliptic = """
        -----BEGIN CERTIFICATE-----
        MIIBPzCB5qADAgECAgISZzAKBggqhkjOPQQDAjApMQswCQYDVQQGEwJVUzEaMBgG
        A1UEAwwRc25zLmFtYXpvbmF3cy5jb20wHhcNMjUwMTAxMDAwMDAwWhcNMjYwNjMw
        MjM1OTU5WjApMQswCQYDVQQGEwJVUzEaMBgGA1UEAwwRc25zLmFtYXpvbmF3cy5j
        b20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAT749n3dYKZtnphEt6G7Bn3wc18
        2Sg6wgwcrOjaKuIdZBEEvCzvuZ2ILlIi/1wxAF0fLvQ/7q7Tqr7NPKmSlnWaMAoG
        CCqGSM49BAMCA0gAMEUCIQD5f7Ah2zFy/EWAQdMpBZxC44pQwnIZWQsBin53i5cH
        gwIgc5BMuYZenj+8yqjZ6xz+4sBsdZCNJK/gfoUP9YUNmxE=
        -----END CERTIFICATE-----
        """

    /// Version 2 of the signature of `note`.
    static let noteSHA256 =
        "MwkSxN+ve+n10bxM6xrecdJHKUoNPpIfrpvAv76mSHlPU550aK96lNYY6Dn2P22lGOolq2XbIdqIPzesbB8Z"
        + "ZFAGG98Razg6CIU1aR8lim6MmUopzXcZdq7vZeJg9zUadTOniOjSlF8pHU1CAK7U6bNfuFZyQxKRFowDPiWM"
        + "j2iFHHwjmQP4erJ96HTSlnM7fVwvSfoaZqeQ6IR3xJLMC6KliGyzYacKyGVduQHJ6wKHFRUAQ0H+LRdQwYMV"
        + "covtHE8AsuBWeBicQBoZeLbEfiTtfnIjYgLG1yf434V8bSmL8odTN0Cz2NjFXivqaO65jd154GsaXRHIWmSt"
        + "d3m09w=="

    /// Version 1 of the signature of `note`.
    static let noteSHA1 =
        "gOL4/sQxiuWXaynmI6d22UPw0fqh6wk3r6YhfswertQXRc/1edG/XZtyQIKJluZd6ze3t0lKcbg1bnzTpIOM"
        + "9tgdTksfmqv8iFMipkjrlg4EPo/Htn+M1mzF07Su78ZEnfdHa8jvS5bVe8Rv1TfquHhlBdRjkpQNd9fYpNNl"
        + "/xFfbk61+wNWg+sTYh4Cq65bvXs30TH7vyff4O0o+CM3dU9+/pPLhiq1F3ivWlXqgco0Gr5IVix01gvfkKrN"
        + "vMHhrihU6pppFSU/fLTYXFFq+BejBpFagvvTEHTEhazPeg0Ba2NO8L4SsRYa3SB7wojW5WA2LkBq7q5YN/Mo"
        + "rFEN6Q=="

    /// Version 2 of the signature of `note` without its subject.
    static let bareSHA256 =
        "LvgS1dzd8TeRKBz7OoHjqU/AmAQ8axoLk/i74guBb8/sUeNX2uJDOluZtfG266VMjxsQEPOQVyIWFRj8b0Ou"
        + "/XL9qVNSPRzY8abCEv9398ym5/L4X1aJ3EGOI0MAYy1AI9fDNfQTsnkMjOejT12Z7SoDoqzs5zpnZe+ehpaX"
        + "TzUeP1hW9E8WMAjkQqXC7QUxRohcLYUzZ04RRR9CwfsIDf2fYbWPuxK4ZH8kX17F6Qo5LMlEciCu1uv/RU//"
        + "MZtrV0AgURuMhkIj2RUJjAwggumybo/q5YbT080lZUmVhP2OGXzw4RZ7sq1sExH3J2jkiegBV1w/Fvv3WOVo"
        + "LvX2Zg=="

    /// Version 2 of the signature of `note` sent at 2026-07-01T00:00:00.000Z.
    static let lateSHA256 =
        "I5kqgdSkoDcodxmxzLEKKt1s4i8++aCq89zqAsUDpz9Iq00J1Jiml3QYrJ4LcCO7/C8M6gNJI7ntXv/mtkbH"
        + "F2IaOvxixmA1bTAVUBQ+3CKIlPcpSMVE686othZ5sVKsATXjGaRZ2hUmlyMtNAxj6cMkM4kexRBfrV+GcqOD"
        + "N+GUd8wOl+amY+65jnxSLDE8g4+ezNyDGHRYwe2SRZ8Vp85q6yz+gU0OwLHJW/SA6Xp02PFRjnOnYMFZTtWY"
        + "Weu4hm/2N4jkTFSStGGxwXuvZUutM80NE+9tgyRkk2+NtVZPdc7Cb77HgGXi7HrjntcUI/s+M1nsmoCuRb36"
        + "gNA3Iw=="

    /// Version 2 of the signature of `subscription`.
    static let subscriptionSHA256 =
        "aIR7FWKsKj+ULFj3za/ux4DGPWyZhk2qV1/S5GTs5WdApjKa7j2FwnlOXqGDwjHWa0VT7jN9QqR/VXph3FzC"
        + "s7nojfzAsG5PcF+3Pd1NUIf7iX3iUwOBk1Xj4ZJDB3LKJrlJvcDXqdI6KijDBTptzV9fcfCbDI06WovjLk4G"
        + "cYNZCA9M+cItpU+DvdWsgcwIDEZfEYyMtfT5bnby92ilN6dO/htgfdY2bM3kwXLv/18W/RYBu6pKr/SJ3TLI"
        + "wQ2jsw2XHq1OljStvW6owXoMr5LlcTCnuC2vx8u2f2ECSkZNAeI1DSsMxSPKi527DisaqjKgp1U8cc2iG1a5"
        + "usobTA=="
}
