import Foundation
import Testing

@testable import Harness

/// What a test has to know of `openapi.yaml`: read by its indentation, which is enough for how it is written.
struct OpenAPIDocument: Sendable {
    /// A line `key: text`, or `- key: text`, with what is indented below it.
    struct Node: Sendable {
        let key: String
        let text: String
        var children: [Node] = []

        subscript(_ key: String) -> Node? { self.children.first { $0.key == key } }

        /// Where `$ref: "#/components/…"` points, if that is what it is.
        var reference: [String]? {
            let pattern = /^(?:\{ \$ref: )?"#\/components\/(\w+)\/(\w+)"(?: \})?$/
            guard let match = self.text.firstMatch(of: pattern) else { return nil }
            return [String(match.output.1), String(match.output.2)]
        }
    }

    /// What is known of the members of an answer.
    struct Members: Sendable {
        var required: Set<String> = []
        var known: Set<String> = []
        var isArray = false
    }

    let root: Node

    init(_ text: String) {
        var stack = [(indent: -1, node: Node(key: "", text: ""))]
        func close(to indent: Int) {
            while let last = stack.last, last.indent >= indent, stack.count > 1 {
                stack.removeLast()
                stack[stack.count - 1].node.children.append(last.node)
            }
        }
        for line in text.split(separator: "\n") {
            let indent = line.prefix { $0 == " " }.count
            var content = line.dropFirst(indent)
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            if content.hasPrefix("- ") { content = content.dropFirst(2) }
            let parts = content.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let key = parts[0].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            close(to: indent)
            stack.append((indent, Node(key: key, text: parts.count > 1 ? parts[1] : "")))
        }
        close(to: 0)
        self.root = stack[0].node
    }

    private static let methods = ["get", "put", "post", "patch", "delete", "head", "options"]

    /// `GET /api/notifications`, and so on.
    var operations: [String: Node] {
        var found: [String: Node] = [:]
        for path in self.root["paths"]?.children ?? [] {
            for operation in path.children where Self.methods.contains(operation.key) {
                found["\(operation.key.uppercased()) \(path.key)"] = operation
            }
        }
        return found
    }

    /// Those that an operation lists by number.
    func statuses(of operation: Node) -> Set<Int> {
        Set((operation["responses"]?.children ?? []).compactMap { Int($0.key) })
    }

    /// The media type of an answer, and what is known of its members; `nil` where it has no content.
    func content(of operation: Node, status: Int) throws -> (type: String, members: Members)? {
        let listed = try #require(operation["responses"]?["\(status)"], "\(status) is not listed")
        let response = try listed.reference.map { try self.component($0) } ?? listed
        if response.text.contains("content: *problem") || response.text.contains("content: &problem") {
            return ("application/problem+json", try self.members(ofSchema: "Problem"))
        }
        guard let content = response["content"] else { return nil }
        if content.text == "*problem" { return ("application/problem+json", try self.members(ofSchema: "Problem")) }
        let type = try #require(content.children.first, "\(status) has content of no type")
        return (type.key, try self.members(of: try #require(type["schema"])))
    }

    private func component(_ path: [String]) throws -> Node {
        try #require(
            self.root["components"]?[path[0]]?[path[1]], "there is no #/components/\(path.joined(separator: "/"))")
    }

    private func members(ofSchema name: String) throws -> Members {
        try self.members(of: try self.component(["schemas", name]))
    }

    private func members(of schema: Node) throws -> Members {
        if let items = schema.text.firstMatch(
            of: /^\{ type: array, .*items: \{ \$ref: "#\/components\/schemas\/(\w+)" \} \}$/)
        {
            var members = try self.members(ofSchema: String(items.output.1))
            members.isArray = true
            return members
        }
        if let reference = schema.reference { return try self.members(of: try self.component(reference)) }
        var members = Members()
        for part in [schema] + (schema["allOf"]?.children ?? []) {
            if part.key != schema.key, let reference = part.reference {
                let referred = try self.members(of: try self.component(reference))
                members.required.formUnion(referred.required)
                members.known.formUnion(referred.known)
            }
            let required = part["required"]?.text ?? ""
            members.required.formUnion(
                required.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).split(separator: ",").map {
                    $0.trimmingCharacters(in: .whitespaces)
                })
            members.known.formUnion((part["properties"]?.children ?? []).map(\.key))
        }
        return members
    }

    /// Every `$ref` that leads nowhere.
    func danglingReferences(in text: String) -> [String] {
        text.matches(of: /#\/components\/(\w+)\/(\w+)/).compactMap { match in
            self.root["components"]?[String(match.output.1)]?[String(match.output.2)] == nil
                ? String(match.output.0) : nil
        }
    }
}
