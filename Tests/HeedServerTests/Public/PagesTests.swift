// Tests that the public pages work for everybody: without script, with a keyboard, in any reader.

import Crypto
import Foundation
import Testing

@testable import HeedServer

@Suite("Pages")
struct PagesTests {
    private func count(_ pattern: String, in html: String) -> Int {
        html.ranges(of: pattern).count
    }

    @Test(arguments: Pages.Page.allCases)
    func aPageSaysWhatItIs(_ page: Pages.Page) throws {
        let html = try Pages().html(page)
        #expect(html.hasPrefix("<!DOCTYPE html>"))
        #expect(count("<html lang=\"en\">", in: html) == 1)
        #expect(count("<h1>", in: html) == 1)
        #expect(count("<main>", in: html) == 1)
        #expect(count("<meta charset=\"utf-8\">", in: html) == 1)
        #expect(html.contains("name=\"viewport\" content=\"width=device-width, initial-scale=1\""))
        let title = try #require(html.firstMatch(of: /<title>([^<]+)<\/title>/)?.1)
        let heading = try #require(html.firstMatch(of: /<h1>([^<]+)<\/h1>/)?.1)
        #expect(title == heading)
        #expect(!html.contains("{{"))
    }

    @Test func pagesDiffer() throws {
        let pages = try Pages()
        #expect(Set(Pages.Page.allCases.map(pages.html)).count == Pages.Page.allCases.count)
    }

    /// What opens is closed, in order; readers guess otherwise.
    @Test(arguments: Pages.Page.allCases)
    func aPageIsWellFormed(_ page: Pages.Page) throws {
        var open: [Substring] = []
        for match in try Pages().html(page).matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) {
            if match.1 == "/" {
                #expect(open.popLast() == match.2)
            } else if match.2 != "meta" {
                open.append(match.2)
            }
        }
        #expect(open.isEmpty)
    }

    @Test(arguments: Pages.Page.allCases)
    func nothingRunsOrLoads(_ page: Pages.Page) throws {
        let html = try Pages().html(page).lowercased()
        for word in [
            "<script", "javascript:", "<a ", "<img", "<link", "<iframe", "http:", "https:", "url(",
            "@import", "http-equiv", "style=", "<input",
        ] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(!html.contains(/\son[a-z]+\s*=/))
    }

    @Test func theQuestionIsAskedByRealButtons() throws {
        let html = try Pages().html(.ask)
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
        let pages = try Pages()
        #expect(pages.html(.done).contains("role=\"status\""))
        #expect(pages.html(.failed).contains("role=\"alert\""))
        #expect(!pages.html(.done).contains("<form"))
    }

    /// The hash is over the bytes between the tags, as a browser takes it (CSP 3 §8.3).
    @Test(arguments: Pages.Page.allCases)
    func thePolicyNamesThePagesOwnStyle(_ page: Pages.Page) throws {
        let pages = try Pages()
        let html = pages.html(page)
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
