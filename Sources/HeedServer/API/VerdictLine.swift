// A verdict's JSON, written straight into an answer that may have a hundred million of them.

import HeedConsent

extension VerdictAnswer {
    /// Adds the bytes that `JSONEncoder.answering()` makes of it, without the tree it makes first.
    package func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (allowed ? #"{"allowed":true"# : #"{"allowed":false"#).utf8)
        if let invalid { append(#","invalid":"#, invalid, to: &bytes) }
        if let line { bytes.append(contentsOf: #","line":\#(line)"#.utf8) }
        if let optOutStatus { append(#","optOutStatus":"#, optOutStatus, to: &bytes) }
        append(#","reason":"#, reason, to: &bytes)
        append(#","recipient":"#, recipient, to: &bytes)
        if let unsubscribe {
            append(
                #","unsubscribe":{"listUnsubscribe":"#,
                unsubscribe.listUnsubscribe,
                to: &bytes
            )
            append(#","listUnsubscribePost":"#, unsubscribe.listUnsubscribePost, to: &bytes)
            append(#","preferencesUrl":"#, unsubscribe.preferencesUrl, to: &bytes)
            append(#","url":"#, unsubscribe.url, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private func append(_ name: String, _ text: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        appendQuoted(text, to: &bytes)
    }
}
