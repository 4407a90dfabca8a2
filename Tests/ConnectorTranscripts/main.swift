// Lets a program outside drive connectors: an order a line comes in, requests and answers go out.

import Foundation

while let text = readLine() {
    let order = try JSONDecoder().decode(Order.self, from: Data(text.utf8))
    try await Dialogue(order).run(
        say: { line in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try FileHandle.standardOutput.write(contentsOf: encoder.encode(line) + Data("\n".utf8))
        },
        hear: {
            guard let text = readLine() else { throw CocoaError(.fileReadUnknown) }
            return try JSONDecoder().decode(Reply.self, from: Data(text.utf8))
        }
    )
}
