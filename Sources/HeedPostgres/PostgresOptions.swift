// How to reach a PostgreSQL server, and how many sessions to hold there.

import CPostgres
public import HeedJournal

/// The settings of one pool.
public struct PostgresOptions: Sendable {
    /// Who the application may be in the database.
    public enum Roles: Sendable {
        /// A role with the application's rights and no more.
        case applicationOnly
        /// Also the owner of the tables or a superuser, for migrations and for trials.
        case ownerToo
    }

    /// A libpq connection string: `postgres://…` or `host=… dbname=…`, with several hosts and TLS
    /// settings if wanted.
    public var connection: String
    /// Who may connect.
    public var roles: Roles
    /// At most so many sessions, each with a thread of its own; from 1.
    public var sessionsMaximum: Int
    /// Milliseconds a caller waits for a session, reconnecting included.
    public var waitMilliseconds: Int

    /// Where stops are written down beside the server, and what it is opened for; nil for nowhere.
    public var journal: JournalOptions?

    /// Takes all but the journal.
    public init(
        connection: String,
        roles: Roles,
        sessionsMaximum: Int,
        waitMilliseconds: Int
    ) {
        self.connection = connection
        self.roles = roles
        self.sessionsMaximum = max(1, sessionsMaximum)
        self.waitMilliseconds = waitMilliseconds
    }

    /// The database, hosts and role that a connection string names, without its secrets.
    public static func place(of connection: String) -> String {
        let words = words(of: connection)
        let host = words["host"] ?? words["hostaddr"] ?? words["service"] ?? "the default server"
        let role = words["user"].map { " as \($0)" } ?? ""
        return "PostgreSQL database \(words["dbname"] ?? "of that name") on \(host)\(role)"
    }

    /// False for a connection string that libpq does not understand.
    var isReadable: Bool {
        let options = unsafe PQconninfoParse(connection, nil)
        defer { unsafe PQconninfoFree(options) }
        return unsafe options != nil
    }

    /// The values a connection string gives by name; none when it cannot be read.
    private static func words(of connection: String) -> [String: String] {
        var words: [String: String] = [:]
        let options = unsafe PQconninfoParse(connection, nil)
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let found = unsafe option, let name = unsafe found.pointee.keyword {
            if let value = unsafe found.pointee.val {
                words[unsafe String(cString: name)] = unsafe String(cString: value)
            }
            unsafe option = found.advanced(by: 1)
        }
        return words
    }

    /// The words libpq is given for each host of a list alone, in order.
    ///
    /// libpq itself goes on to the next host only when one cannot be reached. One whose port still
    /// answers, because something stands in front of a dead server, would end its search.
    var parametersByHost: [[(name: String, value: String)]] {
        let words = PostgresOptions.words(of: connection)
        let lists = ["host", "hostaddr", "port"].map { name in
            (name, words[name]?.split(separator: ",", omittingEmptySubsequences: false) ?? [])
        }.filter { !$0.1.isEmpty }
        let count = lists.filter { $0.0 != "port" }.map(\.1.count).max() ?? 1
        // What does not match, or leaves one to a default, is libpq's to judge.
        let isPlain = lists.allSatisfy { name, values in
            (values.count == count || name == "port" && values.count == 1)
                && !values.contains { $0.isEmpty }
        }
        guard count > 1, isPlain else { return [parameters] }
        return (0..<count).map { index in
            parameters
                + lists.map { name, values in
                    (name, String(values.count == 1 ? values[0] : values[index]))
                }
        }
    }

    /// The words libpq is given, in order: a later one wins.
    ///
    /// What stands before the connection string are defaults it may change, what stands after it
    /// holds whatever it says.
    var parameters: [(name: String, value: String)] {
        [
            ("application_name", "heed"),
            ("connect_timeout", "5"),
            // A host that fell silent is given up within half a minute, not after two hours.
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "20000"),
            ("dbname", connection),
            ("client_encoding", "UTF8"),
            // A guard that read on a standby could miss an acknowledged opt-out.
            ("target_session_attrs", "read-write"),
        ]
    }
}
