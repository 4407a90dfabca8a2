// PostgreSQL's error codes in Heed's words.

import CPostgres
import HeedStore

extension StoreError {
    /// Translates an error that the server answered; its codes are those of Appendix A of
    /// PostgreSQL's manual.
    ///
    /// Of the server's words only the primary message is kept, and none for a value it could not
    /// read, because details and hints repeat values.
    package init(sqlState: String, message: String?, constraint: String?) {
        let kind = StoreError.code(sqlState)
        let holdsValue = sqlState.hasPrefix("22")
        let words = holdsValue ? "a value does not fit" : message ?? "no message"
        let name = constraint.map { " (\($0))" } ?? ""
        self.init(kind, "PostgreSQL \(sqlState): \(words)\(name)")
    }

    private static func code(_ sqlState: String) -> Code {
        switch sqlState {
        case "40001", "40P01", "55P03", "57014", ServerFailure.oldKeys: return .busy
        case "42501", "P0001": return .refused
        case "53100": return .full
        // The server became a standby: writes are not possible here now.
        case "25006", "0A000", "26000": return .unavailable
        default: break
        }
        switch sqlState.prefix(2) {
        case "22", "23", "44", "54": return .refused
        case "08", "28", "3D", "53", "57", "58": return .unavailable
        case "XX": return .corrupt
        default: return .statement
        }
    }

    /// A connection that broke, or never came to be.
    static func lost(_ words: String) -> StoreError {
        StoreError(.unavailable, "PostgreSQL: \(words)")
    }
}

/// What failed, with what the driver has to do about it.
struct ServerFailure {
    /// The five characters of the error's code; empty when the connection broke.
    let sqlState: String
    /// The failure in Heed's words.
    let error: StoreError

    /// Reads the fields of a failed result.
    @unsafe
    init(result: OpaquePointer) {
        let state = unsafe field(heed_pg_sqlstate, of: result)
        sqlState = state ?? ""
        guard let state else {
            error = .lost("the connection was lost")
            return
        }
        error = StoreError(
            sqlState: state,
            message: unsafe field(heed_pg_message, of: result),
            constraint: unsafe field(heed_pg_constraint, of: result)
        )
    }

    /// True when the same transaction, run again, may well succeed: a conflict with another one, or
    /// a key that another one has just inserted.
    var mayRunAgain: Bool {
        ["40001", "40P01"].contains(sqlState) || isCollision || isStaleStatement
    }

    /// What `require_lookup_epoch` raises.
    static let oldKeys = "HD001"

    /// True when a transaction has hashed addresses by lookup keys that are not the present ones.
    var hadOldKeys: Bool { sqlState == ServerFailure.oldKeys }

    /// True for a key that another transaction has inserted.
    var isCollision: Bool { sqlState == "23505" }

    /// True when the server does not know, or no longer accepts, a prepared statement of ours.
    var isStaleStatement: Bool { ["26000", "0A000"].contains(sqlState) }
}

@unsafe
private func field(_ name: Int32, of result: OpaquePointer) -> String? {
    unsafe PQresultErrorField(result, name).map { unsafe String(cString: $0) }
}
