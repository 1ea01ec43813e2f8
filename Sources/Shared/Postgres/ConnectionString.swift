/// Looks at a connection string before libpq does, whose messages would quote parts of it.
enum ConnectionString {
    static let malformed = PostgresError(
        code: .invalidStatement,
        message: "the connection string is malformed (in a URL, user and password must be percent-encoded)")

    /// A password with `/`, `@`, `?` or `#` in it shifts what libpq takes for host and port, which its errors name.
    static func check(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else { throw self.malformed }
        guard let schemeEnd = self.schemeEnd(of: text) else {
            if text.contains("://") { throw self.malformed }
            return
        }
        let rest = text[schemeEnd...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let beforeQuery = rest.prefix { $0 != "?" }
        let ats = beforeQuery.count { $0 == "@" }
        guard ats == authority.count(where: { $0 == "@" }), ats <= 1, !beforeQuery.contains("#") else {
            throw self.malformed
        }
    }

    /// Hosts are tried one after the other, each with a time of its own.
    static func hostCount(_ text: String) -> Int {
        if let schemeEnd = self.schemeEnd(of: text) {
            let authority = text[schemeEnd...].prefix { $0 != "/" && $0 != "?" }
            let hosts = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            return hosts.count { $0 == "," } + 1
        }
        guard let host = text.split(separator: " ").first(where: { $0.hasPrefix("host=") }) else { return 1 }
        return host.count { $0 == "," } + 1
    }

    private static func schemeEnd(of text: String) -> String.Index? {
        for scheme in ["postgresql://", "postgres://"] where text.hasPrefix(scheme) {
            return text.index(text.startIndex, offsetBy: scheme.count)
        }
        return nil
    }
}
