/// Where a notification may lead: an absolute https or http URL, or a path of the same site.
///
/// Browsers read URLs by the WHATWG's standard (https://url.spec.whatwg.org), which repairs a lot: `https:\\host`, `/\host`
/// and `https:/host` all lead to a host, tabs and line breaks vanish, `%2e` in a host is a dot and in a path a step, and
/// `0x7f.1` is an address. Nothing that needs a repair is taken here, so that what is taken means the same by RFC 3986,
/// and says on its face which host it leads to.
public struct ActionURL: Sendable, Hashable {
    /// In small letters, without port; an IPv6 address in its brackets. `nil` for a path of the same site.
    public let host: String?

    /// `nil` for whatever is not to be followed.
    public init?(_ text: String) {
        guard text.unicodeScalars.allSatisfy(Self.isAllowed), Self.isSoundlyEncoded(text) else { return nil }
        // By bytes: a combining mark would make one character of a slash and itself, which `hasPrefix` takes for another.
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "/") {
            guard bytes.dropFirst().first != UInt8(ascii: "/"), Self.isSound(tail: bytes[...]),
                !Self.hasDotSegments(bytes)
            else { return nil }
            self.host = nil
            return
        }
        guard let scheme = ["https://", "http://"].first(where: { bytes.map(lowercased).starts(with: $0.utf8) }) else {
            return nil
        }
        let rest = bytes.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        guard let host = Self.host(ofAuthority: authority), Self.isSound(tail: rest.dropFirst(authority.count)) else {
            return nil
        }
        self.host = host
    }

    /// URL code points, less those that no URL shows: white space, invisible formatting and the private. The apostrophe is
    /// one too, but ends an attribute of HTML; a sender writes `%27`.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else {
            return isAlphanumeric(scalar) || "!$&()*+,-./:;=?@_~#%[]".unicodeScalars.contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
            return false
        default: return !scalar.properties.isNoncharacterCodePoint
        }
    }

    /// After each `%` there are two hexadecimal digits.
    private static func isSoundlyEncoded(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst()
            .allSatisfy { $0.count >= 2 && $0.prefix(2).allSatisfy { isHexDigit(Unicode.Scalar($0)) } }
    }

    /// At most one fragment, and brackets in nothing but a query or fragment.
    private static func isSound(tail: ArraySlice<UInt8>) -> Bool {
        let path = tail.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        return tail.count { $0 == UInt8(ascii: "#") } <= 1 && !path.contains { "[]".utf8.contains($0) }
    }

    /// Whether a path has a step such as `/../`: `/.//host` would become `//host`. `%2e` is a dot there, for a browser.
    private static func hasDotSegments(_ bytes: [UInt8]) -> Bool {
        bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }.split(separator: UInt8(ascii: "/"))
            .contains { segment in
                [".", "%2e", "..", ".%2e", "%2e.", "%2e%2e"].contains { $0.utf8.elementsEqual(segment.map(lowercased)) }
            }
    }

    /// The host, if it has the one form that a browser leaves as it is, and at most a port stands behind it.
    private static func host(ofAuthority bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        let isIPv6 = bytes.first == UInt8(ascii: "[")
        let length = bytes.prefix { $0 != (isIPv6 ? UInt8(ascii: "]") : UInt8(ascii: ":")) }.count + (isIPv6 ? 1 : 0)
        let host = String(decoding: bytes.prefix(length).map(lowercased), as: UTF8.self)
        let port = String(decoding: bytes.dropFirst(length), as: UTF8.self)
        return (port.isEmpty || Self.isPort(port)) && HostName.isSound(host) ? host : nil
    }

    private static func isPort(_ text: String) -> Bool {
        guard text.utf8.first == UInt8(ascii: ":"), (2...6).contains(text.utf8.count) else { return false }
        let digits = text.dropFirst()
        return digits.unicodeScalars.allSatisfy(isDigit) && Int(digits).map { $0 <= 65_535 } ?? false
    }
}
