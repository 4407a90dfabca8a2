// Header fields that the HTTP library has no names for.

import HTTPTypes

extension HTTPField.Name {
    static let fetchSite = named("Sec-Fetch-Site")
    static let idempotencyKey = named("Idempotency-Key")
    static let link = named("Link")
    static let privacySignal = named("Sec-GPC")
    static let referrerPolicy = named("Referrer-Policy")
    static let requestID = named("X-Request-Id")
    static let xForwardedFor = named("X-Forwarded-For")
    static let xRobotsTag = named("X-Robots-Tag")

    /// A name that cannot be one ends the program at once, rather than sending another field.
    private static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else {
            preconditionFailure("no header field can be called \(text)")
        }
        return name
    }
}
