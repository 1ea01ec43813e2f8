/// Hosts of URLs that browsers leave as they are.
enum HostName {
    private static let longest = 253
    private static let longestLabel = 63

    /// Whether this is a name of ASCII labels (others as `xn--…`), an IPv4 address of four decimal numbers, or an IPv6
    /// address of hexadecimal groups in brackets. One dot at the end of a name is in order.
    ///
    /// - Parameter host: in small letters.
    static func isSound(_ host: String) -> Bool {
        if host.utf8.first == UInt8(ascii: "[") { return self.isIPv6(host) }
        let labels = self.withoutLastDot(host).split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= self.longest, labels.allSatisfy(self.isLabel) else { return false }
        guard self.isAddress(host) else { return true }
        return labels.count == 4 && host.utf8.last != UInt8(ascii: ".")
            && labels.allSatisfy { label in UInt8(label).map { String($0) == label } ?? false }
    }

    /// Whether a browser takes this for an address: one of IPv4 where the last label is a number, of which it knows many
    /// spellings.
    static func isAddress(_ host: String) -> Bool {
        if host.utf8.first == UInt8(ascii: "[") { return true }
        guard let last = self.withoutLastDot(host).split(separator: ".").last else { return false }
        return last.unicodeScalars.allSatisfy(isDigit) || last.utf8.starts(with: "0x".utf8)
    }

    static func withoutLastDot(_ host: String) -> Substring {
        host.utf8.last == UInt8(ascii: ".") ? host.dropLast() : host[...]
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...self.longestLabel).contains(label.utf8.count)
            && label.unicodeScalars.allSatisfy { isAlphanumeric($0) || $0 == "-" || $0 == "_" }
    }

    /// Eight groups, or fewer with one `::` among them.
    private static func isIPv6(_ host: String) -> Bool {
        guard host.utf8.last == UInt8(ascii: "]"), host.utf8.count > 2 else { return false }
        let parts = host.dropFirst().dropLast().split(separator: "::", omittingEmptySubsequences: false)
        let groups = parts.flatMap { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
        guard groups.allSatisfy({ (1...4).contains($0.utf8.count) && $0.unicodeScalars.allSatisfy(isHexDigit) }) else {
            return false
        }
        return parts.count == 1 ? groups.count == 8 : parts.count == 2 && groups.count <= 7
    }
}

func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

func isHexDigit(_ scalar: Unicode.Scalar) -> Bool {
    isDigit(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
}

func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    isDigit(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
}

func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
