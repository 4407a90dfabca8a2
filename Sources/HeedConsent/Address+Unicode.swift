// The two Unicode steps of address normalising that need tables, NFC and UTS 46, from Foundation.

import Foundation

/// Unicode normalisation form C (RFC 6532 §3.1 asks for it in addresses).
func normalisationFormC(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCanonicalMapping
}

/// The A-label form of a domain (UTS 46, non-transitional), lower-case; nil when there is none.
package func asciiDomain(_ domain: String) -> String? {
    if domain.utf8.allSatisfy({ $0 < 0x80 }) { return domain.lowercased() }
    var components = URLComponents()
    components.host = domain
    guard let encoded = components.encodedHost, encoded.utf8.allSatisfy({ $0 < 0x80 }),
        !encoded.contains("%")
    else { return nil }
    return encoded.lowercased()
}
