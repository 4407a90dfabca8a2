// Tests that the public pages work for everybody: without script, with a keyboard, in any reader.

import Crypto
import Foundation
import HeedConsent
import Testing

@testable import HeedServer

@Suite("Pages")
struct PagesTests {
    private func count(_ pattern: String, in html: String) -> Int {
        html.ranges(of: pattern).count
    }

    /// In every language there is, as a reader of it gets it.
    private func everywhere(_ page: Pages.Page) throws -> [(PageLanguage, String)] {
        let pages = try Pages()
        let content: [String: Any] = [
            "boxes": [["name": "news", "title": "News", "hash": "0", "isOn": true, "state": "x"]],
            "hasBoxes": true, "version": "2026-01", "on": "news",
        ]
        return pages.languages.all.map { ($0, pages.html(page, in: $0, content)) }
    }

    /// In English.
    private func html(_ page: Pages.Page) throws -> String {
        let pages = try Pages()
        return pages.html(page, in: pages.languages.best(of: []))
    }

    @Test(arguments: Pages.Page.allCases)
    func aPageSaysWhatItIs(_ page: Pages.Page) throws {
        for (language, html) in try everywhere(page) { check(html, language) }
    }

    private func check(_ html: String, _ language: PageLanguage) {
        #expect(html.hasPrefix("<!DOCTYPE html>"))
        #expect(count("<html lang=\"\(language.tag)\" dir=\"ltr\">", in: html) == 1)
        #expect(count("<h1>", in: html) == 1)
        #expect(count("<main>", in: html) == 1)
        #expect(count("<meta charset=\"utf-8\">", in: html) == 1)
        #expect(html.contains("name=\"viewport\" content=\"width=device-width, initial-scale=1\""))
        let title = html.firstMatch(of: /<title>([^<]+)<\/title>/)?.1
        let heading = html.firstMatch(of: /<h1>([^<]+)<\/h1>/)?.1
        #expect(title != nil && title == heading)
        #expect(!html.contains("{{"))
    }

    @Test func pagesDiffer() throws {
        let all = try Pages.Page.allCases.flatMap { try everywhere($0).map(\.1) }
        #expect(Set(all).count == all.count && all.count == 5 * Pages.Page.allCases.count)
    }

    /// What opens is closed, in order; readers guess otherwise.
    @Test(arguments: Pages.Page.allCases)
    func aPageIsWellFormed(_ page: Pages.Page) throws {
        var open: [Substring] = []
        for match in try everywhere(page).map(\.1).joined().matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) {
            if match.1 == "/" {
                #expect(open.popLast() == match.2)
            } else if !["meta", "input", "br"].contains(match.2) {
                open.append(match.2)
            }
        }
        #expect(open.isEmpty)
    }

    @Test(arguments: Pages.Page.allCases)
    func nothingRunsOrLoads(_ page: Pages.Page) throws {
        let html = try everywhere(page).map(\.1).joined().lowercased()
        for word in [
            "<script", "javascript:", "<img", "<link", "<iframe", "http:", "https:", "url(",
            "@import", "http-equiv", "style=",
        ] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(!html.contains(/<[^>]*\son[a-z]+\s*=/))
        // Links lead to the same page in another language, and nowhere else; a receipt's to its
        // parts as well.
        let links = html.matches(of: /<a href="([^"]*)"/).map(\.1)
        let languages = links.filter { $0.hasPrefix("?lang=") }
        let parts = links.filter { $0.hasPrefix("?part=") }
        #expect(languages.count == 20 && parts.count == (page == .receipt ? 15 : 0))
        #expect(links.count == languages.count + parts.count)
    }

    @Test func theQuestionIsAskedByRealButtons() throws {
        let html = try html(.ask)
        #expect(count("<form method=\"post\">", in: html) == 1)
        let buttons = html.matches(
            of: /<button[^>]*name="leave" value="([a-z]+)">([^<]+)<\/button>/
        )
        #expect(buttons.map(\.1) == ["this", "all"])
        #expect(count("<button", in: html) == 2)
        #expect(!html.contains("role=\"button\""))
        #expect(!html.contains("type=\"button\""))
    }

    @Test func outcomesAreAnnounced() throws {
        #expect(try html(.done).contains("role=\"status\""))
        #expect(try html(.failed).contains("role=\"alert\""))
        #expect(try !html(.done).contains("<form"))
        #expect(try html(.noAddress).contains("role=\"alert\""))
        #expect(try !html(.entry).contains("role=\"alert\""))
    }

    /// The hash is over the bytes between the tags, as a browser takes it (CSP 3 §8.3).
    @Test(arguments: Pages.Page.allCases)
    func thePolicyNamesThePagesOwnStyle(_ page: Pages.Page) throws {
        let pages = try Pages()
        let html = pages.html(page, in: pages.languages.best(of: ["de"]))
        let style = try #require(html.firstMatch(of: /<style>([\s\S]*?)<\/style>/)?.1)
        let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
        #expect(
            Set(pages.contentSecurityPolicy.split(separator: "; ")) == [
                "default-src 'none'", "style-src 'sha256-\(hash)'", "form-action 'self'",
                "frame-ancestors 'none'", "base-uri 'none'",
            ]
        )
        #expect(count("<style>", in: html) == 1)
    }
}
