/// What SQLSTATEs mean to a client.
enum ServerErrors {
    /// Connection exceptions, and a server that stops, starts or crashed.
    static func isConnectionFailure(_ sqlState: String?) -> Bool {
        guard let sqlState else { return false }
        return sqlState.hasPrefix("08") || ["57P01", "57P02", "57P03"].contains(sqlState)
    }

    /// A session that may not write (25006) belongs to a standby, or to a server that is closed for writing, and stays so
    /// when another one takes over: only a new session finds that out. Nothing here asks for READ ONLY itself.
    static func endsSession(_ sqlState: String?) -> Bool {
        self.isConnectionFailure(sqlState) || sqlState == "25006"
    }

    /// Messages of class 22 quote the value at fault (`invalid input syntax for type integer: "..."`), so they are
    /// replaced by the condition's name.
    static func safeMessage(_ message: String?, sqlState: String?) -> String {
        guard let sqlState, sqlState.hasPrefix("22") else { return message ?? "the server gave no reason" }
        return switch sqlState {
        case "22001": "a value is too long for its type"
        case "22003": "a number is out of range"
        case "22004", "22002": "a value must not be NULL"
        case "22007": "a date or time is malformed"
        case "22008": "a date or time is out of range"
        case "22012": "division by zero"
        case "22021": "a text has a character or byte sequence that the encoding forbids"
        case "22023": "a parameter's value is not allowed"
        case "22P02": "a value is malformed for its type"
        case "22P03": "a value is malformed in binary"
        case "22P05": "a character cannot be converted to the encoding"
        default: "a value is not acceptable (data exception)"
        }
    }

    /// From the text of a failed attempt to connect (libpq gives no fields there).
    ///
    /// - Parameter secret: Never shown, even if libpq should quote it.
    static func connectFailure(_ text: String?, secret: String?) -> PostgresError {
        var line = (text ?? "").split(separator: "\n").first.map(String.init) ?? "no connection could be made"
        if let secret, !secret.isEmpty, line.contains(secret) { line = "no connection could be made" }
        return PostgresError(code: .connection, sqlState: self.sqlState(in: line), message: line)
    }

    /// From what libpq has to say about a connection that broke.
    static func lostConnection(_ text: String?, secret: String?) -> PostgresError {
        // The message of a statement's error may go before it, and quote values.
        guard let text, !text.isEmpty, !text.contains("ERROR:") else {
            return PostgresError(code: .connection, message: "the connection was lost")
        }
        return self.connectFailure(text, secret: secret)
    }

    /// Verbose messages read `FATAL:  57P03: the database system is starting up`.
    private static func sqlState(in line: String) -> String? {
        for part in line.split(separator: ":").map({ $0.drop { $0 == " " } }) where part.utf8.count == 5 {
            if part.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }), part != "FATAL" {
                return String(part)
            }
        }
        return nil
    }
}
