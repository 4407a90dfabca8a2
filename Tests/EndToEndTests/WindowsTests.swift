// The report of windows with the real program: a table, a sheet and a page, and no file lost.

import Foundation
import Testing

@Suite("Windows")
struct WindowsTests {
    @Test func everyOptOutIsInTheSheetAndThePage() async throws {
        try await Workplace.open { place in
            try await place.register()
            let server = try await place.serve()
            for name in ["ada", "bob"] {
                try await server.grant("\(name)@mail.example", "newsletter")
                let answer = try await server.optOut("\(name)@mail.example", "newsletter")
                #expect(answer.status == 202)
            }
            let files = ["--csv", "windows.csv", "--html", "windows.html"]
            let table = try await place.heed(["windows", "--period", "day"] + files).output
            #expect(table.contains("opt-outs  completed"), "\(table)")
            let sheet = place.read("windows.csv")
            #expect(sheet.split(separator: "\r\n").count == 3, "\(sheet)")
            #expect(!sheet.contains("mail.example"))
            let page = place.read("windows.html")
            #expect(page.contains("2 opt-outs") && page.contains("</html>"))
            // What is there is not written over.
            let again = try await place.heed(["windows"] + files)
            #expect(again.exitCode == 2 && again.errors.contains("--force"), "\(again.errors)")
            #expect(place.read("windows.csv") == sheet)
            #expect(try await place.heed(["windows", "--force"] + files).exitCode == 0)
            let json = try await place.done("windows", "--json").output
            #expect(json.contains(#""count":2"#), "\(json)")
            let printed = try await place.done("windows", "--csv", "-").output
            #expect(printed == sheet)
            let wrong = try await place.heed("windows", "--from", "yesterday")
            #expect(wrong.exitCode == 2 && wrong.errors.contains("from: "))
            #expect(try await server.stop() == 0)
        }
    }
}
