// The receipt of an erasure that had to be carried out twice.

import HeedConsent
import HeedStore

/// An erasure that was carried out again after a backup was put back.
struct RepeatedErasure {
    /// The request with its answer.
    let request: RightsRequest
    /// What other systems said, as far as the backup knows.
    let targets: [ErasureTarget]
    /// Rows by table that were taken away again.
    let rows: [String: Int64]
    /// The last receipt before: its number and the hash of its text; nil for none.
    let former: (number: Int64, hash: [UInt8])?

    /// The receipt: its number follows those that were issued, and it names the last of them.
    func receipt(in transaction: Transaction) throws -> RequestReceipt {
        let stored = try transaction.receipts(of: request.id).last?.number ?? 0
        let number = max(stored, former?.number ?? 0) + 1
        var body = ReceiptBody(request, number: number, at: transaction.now)
        body.systems = targets.map(ReceiptBody.System.init).sorted { $0.connector < $1.connector }
        body.tables = ReceiptBody.tables(rows)
        body.repeats = former.map { .init(number: $0.number, sha256: hexadecimal($0.hash)) }
        return RequestReceipt(
            request: request.id,
            number: number,
            issuedAt: transaction.now,
            body: try body.bytes()
        )
    }
}
