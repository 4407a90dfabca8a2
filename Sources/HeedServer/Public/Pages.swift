// The public pages, rendered once at start: they hold nothing about anybody.

import Crypto
import Foundation
import Mustache

/// The pages of the way out, and of the confirmation of a way in.
struct Pages: Sendable {
    /// One page.
    enum Page: CaseIterable {
        /// Asks whether to stop.
        case ask
        /// Says that it is done.
        case done
        /// Says that it could not be stored.
        case failed
        /// Asks to confirm a double opt-in.
        case confirm
        /// Says that it is confirmed.
        case confirmed
        /// Says that it cannot be confirmed any more.
        case lapsed
    }

    private let rendered: [Page: String]
    /// Nothing but the page's own style may load, and forms go nowhere else.
    let contentSecurityPolicy: String

    /// Renders all pages; throws when a template is broken.
    init() throws {
        let style = String(decoding: PackageResources.page_css, as: UTF8.self)
        let library = MustacheLibrary(templates: [
            "page": try template(PackageResources.page_mustache),
            "ask": try template(PackageResources.ask_mustache),
            "done": try template(PackageResources.done_mustache),
            "failed": try template(PackageResources.failed_mustache),
            "confirm": try template(PackageResources.confirm_mustache),
            "confirmed": try template(PackageResources.confirmed_mustache),
            "lapsed": try template(PackageResources.lapsed_mustache),
        ])
        var rendered: [Page: String] = [:]
        for (page, name, title) in [
            (Page.ask, "ask", "Unsubscribe"), (.done, "done", "You are unsubscribed"),
            (.failed, "failed", "Please try again"),
            (.confirm, "confirm", "Please confirm"), (.confirmed, "confirmed", "Thank you"),
            (.lapsed, "lapsed", "This link does not work any more"),
        ] {
            let main = library.render(
                Content(title: title, style: style, main: ""),
                withTemplate: name
            )
            let content = Content(title: title, style: style, main: main ?? "")
            rendered[page] = library.render(content, withTemplate: "page")
        }
        self.rendered = rendered
        let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
        contentSecurityPolicy =
            "default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'"
    }

    /// The page's HTML.
    func html(_ page: Page) -> String { rendered[page] ?? "" }

    private struct Content {
        let title: String
        let style: String
        let main: String
    }
}

private func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
    try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
}
