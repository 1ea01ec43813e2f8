import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// Every route as `openapi.yaml` describes it, asked with what schemathesis makes of it: good, bad and at the limits.
    /// No answer is a 5xx, and each has a status, a type, headers and a body as described.
    @Suite struct FuzzTests {
        private static let repository = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
            .dropFirst()

        /// What is held against each answer. Not whether good data is taken: what is registered, or due, or there, no
        /// schema can tell.
        private static let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance", "unsupported_method", "allow_header_conformance",
        ]

        private func fuzz(_ name: String, _ filter: [String], token: (Installation) async throws -> String) async throws
        {
            let installation = try Installation.shared
            let bearer = try await token(installation)
            let program = "\(Self.repository)/.artifacts/tools/schemathesis/bin/schemathesis"
            try #require(
                FileManager.default.isExecutableFile(atPath: program),
                "schemathesis is missing: run deploy/install-debian.sh test")
            let folder = "\(Self.repository)/.artifacts/fuzz/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let variables = [
                "NOTIFI_SESSION_JWT_SECRET": StrictAPI.secret, "NOTIFI_HTTP_INBOX_REQUESTS_PER_MINUTE": "100000",
            ]
            try await withOwnAPI(beside: installation, variables) { [checks = Self.checks] api in
                let url = "http://127.0.0.1:\(try #require(try api.process.ports.http))"
                let run = try await ProgramRun.run(
                    .path(FilePath(program)),
                    arguments: [
                        "run", "\(url)/openapi.yaml", "--header", "Authorization: Bearer \(bearer)",
                        "--checks", checks.joined(separator: ","), "--phases", "examples,coverage,fuzzing",
                        "--max-examples", "30", "--seed", "7", "--continue-on-failure", "--request-timeout", "10",
                        "--suppress-health-check", "all", "--warnings", "off", "--no-color",
                        "--report", "junit", "--report-junit-path", "\(folder)/junit.xml",
                    ] + filter)
                let text = run.output + run.errors
                try text.write(toFile: "\(folder)/output.txt", atomically: true, encoding: .utf8)
                #expect(run.status == .exited(0), "see .artifacts/fuzz/\(name)/output.txt: \(text.suffix(4_000))")
                #expect(text.contains("No issues found"), "it has asked: \(text.suffix(1_000))")
            }
        }

        @Test("the routes of services, with a token of every scope")
        func services() async throws {
            try await self.fuzz("services", ["--exclude-tag", "people"]) { installation in
                let token = try await installation.issue(
                    to: installation.serviceName("fuzz"), scopes: ["send", "read", "cancel", "admin"])
                return token.text
            }
        }

        @Test("the routes of people, with a session")
        func people() async throws {
            try await self.fuzz("people", ["--include-tag", "people"]) { installation in
                try await TestSession(sub: installation.users(1, "fuzzed")[0]).signed(by: StrictAPI.secret)
            }
        }
    }
}
