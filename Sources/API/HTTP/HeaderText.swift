extension StringProtocol {
    /// Without the spaces and tabs around it, which HTTP allows around a field's parts (RFC 9110 section 5.6.3).
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(self.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
