import Foundation
import Testing

@testable import Operations

@Suite struct HelpTests {
    private let settings =
        Settings.common + Settings.kafka + Settings.postgres
        + [Setting<Int>("own.number", default: 5, range: 2...9, help: "Only here.")]

    private func start(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) -> (code: Int32?, out: String, err: String) {
        var out = ""
        var err = ""
        let start = Daemon.start(
            "notifi-sample", settings: self.settings, arguments: arguments, environment: environment,
            out: { out += $0 }, err: { err += $0 })
        if case .exit(let code) = start { return (code, out, err) }
        return (nil, out, err)
    }

    @Test func listsEveryKey() {
        let (code, out, err) = self.start(["--help"])
        #expect(code == 0 && err.isEmpty)
        for definition in self.settings.map(\.definition) {
            #expect(out.contains("\n\(definition.environmentName)\n    file key: \(definition.name)\n"))
            #expect(out.contains(definition.help))
            #expect(!definition.help.isEmpty)
        }
        #expect(out.contains("type: an integer from 2 to 9\n    default: 5\n    Only here."))
        #expect(out.contains("default: none; required"))
        #expect(out.contains("(secret)"))
    }

    @Test func version() {
        let (code, out, _) = self.start(["--version"])
        #expect(code == 0 && out == "notifi-sample \(NotifiBuild.version)\n")
    }

    @Test(arguments: [["x"], ["--help", "x"], ["--port=1"], [""]])
    func unknownArguments(arguments: [String]) {
        let (code, out, err) = self.start(arguments)
        #expect(code == 64 && out.isEmpty)
        #expect(err.hasSuffix("\n") && err.filter(\.isNewline).count == 1)
    }

    @Test func aWrongConfigurationEndsWith78AndOneLineAFault() {
        let (code, out, err) = self.start(
            [], ["NOTIFI_KAFKA_BROKERS": "a:1", "NOTIFI_ADMIN_PORT": "x", "NOTIFI_OWN_NUMBER": "1"])
        #expect(code == 78 && out.isEmpty)
        let lines = err.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.hasPrefix("notifi-sample: NOTIFI_") })
    }

    @Test func goodOnesGoOn() {
        let (code, out, err) = self.start([], ["NOTIFI_KAFKA_BROKERS": "a:1", "NOTIFI_POSTGRES_URL": "u"])
        #expect(code == nil && out.isEmpty && err.isEmpty)
    }
}

@Suite struct ClientConfigurationTests {
    private func properties(_ environment: [String: String]) throws -> [String: String] {
        KafkaSettings.properties(
            of: try Settings.load(
                Settings.kafka, environment: environment.merging(["NOTIFI_KAFKA_BROKERS": "a:1"]) { $1 }))
    }

    @Test func plainByDefault() throws {
        #expect(try self.properties([:]) == ["security.protocol": "plaintext"])
    }

    @Test func everythingPassesThrough() throws {
        let properties = try self.properties([
            "NOTIFI_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "NOTIFI_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "NOTIFI_KAFKA_SASL_USERNAME": "u", "NOTIFI_KAFKA_SASL_PASSWORD": "p",
            "NOTIFI_KAFKA_SSL_CA_LOCATION": "/ca", "NOTIFI_KAFKA_SSL_CERTIFICATE_LOCATION": "/cert",
            "NOTIFI_KAFKA_SSL_KEY_LOCATION": "/key", "NOTIFI_KAFKA_SSL_KEY_PASSWORD": "kp",
            "NOTIFI_KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM": "none",
        ])
        #expect(
            properties == [
                "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u",
                "sasl.password": "p", "ssl.ca.location": "/ca", "ssl.certificate.location": "/cert",
                "ssl.key.location": "/key", "ssl.key.password": "kp", "ssl.endpoint.identification.algorithm": "none",
            ])
    }

    @Test func hostNamesAreCheckedUnlessToldOtherwise() throws {
        #expect(
            try self.properties(["NOTIFI_KAFKA_SECURITY_PROTOCOL": "ssl"])[
                "ssl.endpoint.identification.algorithm"] == "https")
    }
}
