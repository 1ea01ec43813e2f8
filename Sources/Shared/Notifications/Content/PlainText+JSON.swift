extension PlainText {
    /// Makes every string in a value inert, the names of members as well, at any depth.
    ///
    /// - Parameters:
    ///   - pointer: where the value is.
    ///   - faults: gets one for each object in which two members come to have the same name.
    static func from(_ value: JSONValue, at pointer: String, faults: inout [Fault]) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .number: return value
        case .string(let text): return .string(self.from(text))
        case .array(let elements):
            return .array(
                elements.enumerated().map { place, element in
                    self.from(element, at: "\(pointer)/\(place)", faults: &faults)
                })
        case .object(let members):
            var inert: [String: JSONValue] = [:]
            // In the order of their names: faults are the same each time.
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                let value = self.from(value, at: pointer + Notifications.pointer(name), faults: &faults)
                inert[self.from(name)] = value
            }
            if inert.count < members.count {
                faults.append(
                    Fault(pointer, .duplicateMember, "has members of the same name, once markup is taken out of it"))
            }
            return .object(inert)
        }
    }
}
