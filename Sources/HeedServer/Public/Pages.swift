// The public pages: templates, words and style put together, and what every answer with one has.

import Crypto
import Foundation
import HTTPTypes
import HeedConsent
import Hummingbird
import Mustache

/// The pages people see.
struct Pages: Sendable {
    /// One page.
    enum Page: String, CaseIterable {
        /// Asks whether to stop.
        case ask
        /// Says that it is done.
        case done
        /// Says that it could not be stored.
        case failed
        /// Says that nothing can be shown now.
        case away
        /// Asks to confirm a double opt-in.
        case confirm
        /// Says that it is confirmed.
        case confirmed
        /// Says that it cannot be confirmed any more.
        case lapsed
        /// A person's choices.
        case preferences
        /// Asks for an address, to send a link to.
        case entry
        /// Says that a link opens nothing.
        case invalid
        /// The same for what is no address.
        case noAddress
        /// Says that no link can be sent.
        case noMail
        /// Says that a link is on its way, if there is anybody.
        case sent
        /// Says that it was asked too often.
        case busy
        /// Says that a form has arrived.
        case signedUp
        /// Says that a form has arrived and is to be confirmed by mail.
        case askedByMail
        /// Says that a form lacks something.
        case incomplete
        /// Says that a form shows terms that no longer hold.
        case outdated
        /// Offers a person their data.
        case download
        /// Says what was done about a request.
        case receipt

        /// The template that makes it.
        var template: String {
            switch self {
            case .ask, .done, .failed, .confirm, .preferences, .entry, .download, .receipt:
                rawValue
            case .noAddress: "entry"
            case .away, .confirmed, .lapsed, .invalid, .noMail, .sent, .busy, .signedUp,
                .askedByMail,
                .incomplete, .outdated:
                "notice"
            }
        }

        /// Whether it is the same for everybody, so that it is made only once.
        var isFixed: Bool { ![.preferences, .invalid, .receipt].contains(self) }
    }

    /// What a page is shown with.
    struct Headers: Sendable {
        var status = HTTPResponse.Status.ok
        /// With `no-referrer` a browser also hides where its own forms come from.
        var referrerPolicy = "no-referrer"
    }

    private static let builtIn: [String: [UInt8]] = [
        "page": PackageResources.page_mustache, "ask": PackageResources.ask_mustache,
        "done": PackageResources.done_mustache, "failed": PackageResources.failed_mustache,
        "preferences": PackageResources.preferences_mustache,
        "entry": PackageResources.entry_mustache, "notice": PackageResources.notice_mustache,
        "confirm": PackageResources.confirm_mustache,
        "download": PackageResources.download_mustache,
        "receipt": PackageResources.receipt_mustache,
    ]

    /// The templates there are, by name.
    static var templateNames: Set<String> { Set(builtIn.keys) }

    /// All languages.
    let languages: PageLanguages
    /// Nothing but the page's own style may load, and forms go nowhere else.
    let contentSecurityPolicy: String
    private let library: MustacheLibrary
    private let style: String
    private let logo: String?
    /// Pages that are the same for everybody, by page and language.
    private var fixed: [String: String] = [:]

    /// Reads and renders all pages.
    ///
    /// - Parameters:
    ///   - path: The operator's folder, if there is one.
    ///   - fallback: The language for a reader of none that there is.
    /// - Throws: a refusal that names the file that is broken.
    init(folder path: String? = nil, fallback: String? = nil) throws {
        let known = Pages.templateNames
        let folder = try path.map { try PageFolder($0, templates: known) } ?? PageFolder()
        var templates: [String: MustacheTemplate] = [:]
        for (name, bytes) in Pages.builtIn {
            let text = folder.templates[name] ?? String(decoding: bytes, as: UTF8.self)
            do {
                templates[name] = try MustacheTemplate(string: text)
            } catch {
                let file = (path.map { $0 + "/" } ?? "") + name + ".mustache"
                throw PageFolder.refusal(file, "this template is broken: \(error)")
            }
        }
        library = MustacheLibrary(templates: templates)
        languages = try PageLanguages(folder, at: path ?? "", fallback: fallback)
        let ours = String(decoding: PackageResources.page_css, as: UTF8.self)
        style = (folder.style ?? ours) + folder.colours
        logo = folder.logo
        let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
        contentSecurityPolicy =
            "default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'" + (logo == nil ? "" : "; img-src data:")
        for page in Page.allCases where page.isFixed {
            for language in languages.all {
                fixed[page.rawValue + "." + language.tag] = render(page, in: language, [:])
            }
        }
    }

    /// The page's HTML; `content` is what its template shows besides the words.
    func html(
        _ page: Page,
        in language: PageLanguage,
        _ content: [String: Any] = [:]
    ) -> String {
        let ready = page.isFixed ? fixed[page.rawValue + "." + language.tag] : nil
        return ready ?? render(page, in: language, content)
    }

    private func render(
        _ page: Page,
        in language: PageLanguage,
        _ content: [String: Any]
    ) -> String {
        let title = language[page.rawValue + "Title"]
        var context = content
        context["t"] = language.texts
        context["text"] = language[page.rawValue + "Text"]
        context["isWrong"] = page == .noAddress
        let main = library.render(context, withTemplate: page.template) ?? ""
        let others = languages.all.map { other -> [String: Any] in
            ["tag": other.tag, "name": other.name, "current": other.tag == language.tag]
        }
        var frame: [String: Any] = [
            "t": language.texts, "lang": language.tag, "dir": language.direction, "title": title,
            "style": style, "main": main, "languages": others,
        ]
        frame["logo"] = logo
        return library.render(frame, withTemplate: "page") ?? ""
    }

    /// The language for a request: what the page was asked in, the person's own, the browser's.
    func language(for request: Request, locale: String? = nil) -> PageLanguage {
        let asked = request.uri.queryParameters["lang"].map { [String($0)] } ?? []
        let header = request.headers[.acceptLanguage] ?? ""
        let tags = asked + (locale.map { [$0] } ?? []) + Languages.wanted(acceptLanguage: header)
        return languages.best(of: tags.filter { $0.utf8.count <= 35 })
    }

    /// An answer with a page's HTML.
    func response(_ html: String, in language: PageLanguage, _ headers: Headers) -> Response {
        Response(
            status: headers.status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentLanguage: language.tag,
                .cacheControl: "no-store",
                .contentSecurityPolicy: contentSecurityPolicy,
                .xRobotsTag: "noindex, nofollow",
                .referrerPolicy: headers.referrerPolicy,
            ],
            body: .init(byteBuffer: ByteBuffer(string: html))
        )
    }

    /// An answer with a page that holds nothing about anybody.
    func response(
        _ page: Page,
        to request: Request,
        _ headers: Headers = Headers()
    ) -> Response {
        let language = language(for: request)
        return response(html(page, in: language), in: language, headers)
    }

    /// Says that nothing could be stored, and when to come again.
    func notStored(_ page: Page = .failed, to request: Request) -> Response {
        var response = response(page, to: request, Headers(status: .serviceUnavailable))
        response.headers[.retryAfter] = "30"
        return response
    }
}
