import Foundation
import Glibc
import Subprocess
import SystemPackage

/// Where a private Postgres lies, under which user it runs, and how its cluster is made.
struct LocalPostgresSite: Sendable {
    /// A cluster that is ready to be started.
    struct Cluster: Sendable {
        /// The folder with `postgres` and `initdb`.
        let tools: String
        let data: String
        let socketFolder: String
        let password: String
        let user: User

        func arguments(port: Int, settings: [String: String]) -> [String] {
            var all = [
                "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": self.socketFolder,
                "logging_collector": "off", "log_destination": "stderr", "log_line_prefix": "", "lc_messages": "C",
            ]
            all.merge(settings) { _, given in given }
            return ["-D", self.data] + all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        }
    }

    struct User: Sendable, Equatable {
        let id: UInt32
        let group: UInt32
        /// Not the user of this process.
        let isOther: Bool
    }

    static let environment: [Subprocess.Environment.Key: String] = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
    private static let toolsRoot = "/usr/lib/postgresql"
    private static let oldestMajor = 15
    private static let serverHome = "/var/lib/postgresql"

    private let directory: String
    private let isDurable: Bool
    private let log: @Sendable (String) -> Void

    /// - Parameter isDurable: whether the cluster is written down to the disk when it is made.
    init(directory: String, isDurable: Bool, log: @escaping @Sendable (String) -> Void) {
        self.isDurable = isDurable
        self.directory =
            URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL.resolvingSymlinksInPath()
            .path(percentEncoded: false).trimmingSuffix("/")
        self.log = log
    }

    /// Short, since the path of a Unix socket has at most 107 bytes.
    var socketFolder: String { "/tmp/notifi-pg-\(self.digest)" }

    /// Makes what is missing and sees that nobody else uses it.
    func prepare() async throws -> Cluster {
        let user = try await self.serverUser()
        try self.makeDirectory(self.directory)
        let data = try await self.dataFolder(for: user)
        try await self.prepareSocketFolder(for: user)
        let tools: String
        if try self.exists("\(data)/PG_VERSION") {
            try await self.endLeftover(in: data)
            tools = try self.tools(for: data)
        } else {
            tools = try self.newestTools()
            try await self.makeCluster(at: data, tools: tools, user: user)
        }
        let password = try self.read("\(data)/\(Self.passwordFile)")
        return Cluster(tools: tools, data: data, socketFolder: self.socketFolder, password: password, user: user)
    }

    /// The command that runs `tool` as this user, in the same process.
    ///
    /// Not by the `userID` of Subprocess' options: its child is made by a bare `clone3`, in which glibc's `setgroups` and
    /// `setuid` now and then wait for ever, for threads that only the parent has.
    func command(_ tool: String, _ arguments: [String], as user: User?) -> (tool: String, arguments: [String]) {
        guard let user, user.isOther else { return (tool, arguments) }
        return (
            "/usr/bin/setpriv",
            ["--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups", "--", tool] + arguments
        )
    }

    private static let passwordFile = "notifi.password"

    /// FNV-1a of the folder's path: the same for every start, and different for different folders.
    private var digest: String {
        let hash = self.directory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}

// MARK: - Users and tools
extension LocalPostgresSite {
    private func serverUser() async throws -> User {
        let own = getuid()
        guard own == 0 else { return User(id: own, group: getgid(), isOther: false) }
        guard let id = UInt32(try await self.output("/usr/bin/id", ["-u", "postgres"])),
            let group = UInt32(try await self.output("/usr/bin/id", ["-g", "postgres"]))
        else {
            throw LocalPostgresError(
                "Postgres must not run as root, and there is no system user postgres: install Debian's postgresql")
        }
        return User(id: id, group: group, isOther: true)
    }

    private func installedMajors() -> [Int] {
        // No such folder means that none is installed.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.toolsRoot)) ?? []
        return names.compactMap { Int($0) }.filter { major in
            ["postgres", "initdb"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(Self.toolsRoot)/\(major)/bin/\($0)")
            }
        }.sorted()
    }

    private func newestTools() throws -> String {
        guard let major = self.installedMajors().last, major >= Self.oldestMajor else {
            throw LocalPostgresError(
                "no Postgres \(Self.oldestMajor) or newer below \(Self.toolsRoot): install Debian's postgresql")
        }
        return "\(Self.toolsRoot)/\(major)/bin"
    }

    private func tools(for data: String) throws -> String {
        let version = try self.read("\(data)/PG_VERSION")
        guard let major = Int(version), self.installedMajors().contains(major) else {
            throw LocalPostgresError(
                "the data in \(data) is of Postgres \(version), which is not installed below \(Self.toolsRoot)")
        }
        return "\(Self.toolsRoot)/\(major)/bin"
    }
}

// MARK: - Folders
extension LocalPostgresSite {
    /// `data` below the folder; or, where the server's user can't enter that, a folder of its own with a link to it.
    private func dataFolder(for user: User) async throws -> String {
        let link = "\(self.directory)/data"
        if let type = try self.attributes(link)?[.type] as? FileAttributeType, type == .typeSymbolicLink {
            return try FileManager.default.destinationOfSymbolicLink(atPath: link)
        }
        guard user.isOther else { return link }
        let mayEnter = try await self.run("/usr/bin/test", ["-x", self.directory], as: user).status.isSuccess
        if mayEnter { return link }
        let data = "\(Self.serverHome)/notifi-\(self.digest)"
        self.log("the user postgres may not enter \(self.directory), so the data is kept in \(data)")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: data)
        return data
    }

    /// Whoever can enter it is let in without a password, so it must be the server user's alone.
    private func prepareSocketFolder(for user: User) async throws {
        let folder = self.socketFolder
        if try self.attributes(folder) == nil {
            _ = try await self.checked("/usr/bin/mkdir", ["-m", "700", folder], as: user)
        }
        let found = try self.attributes(folder)
        guard found?[.type] as? FileAttributeType == .typeDirectory,
            (found?[.ownerAccountID] as? NSNumber)?.uint32Value == user.id,
            (found?[.posixPermissions] as? NSNumber)?.intValue == 0o700
        else {
            throw LocalPostgresError("\(folder) must be a folder of the server's user alone (mode 700): remove it")
        }
    }

    private func makeDirectory(_ path: String) throws {
        guard try !self.exists(path) else { return }
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    func exists(_ path: String) throws -> Bool { try self.attributes(path) != nil }

    /// Of the link itself, where it is one. Nil where there is nothing.
    private func attributes(_ path: String) throws -> [FileAttributeKey: Any]? {
        do {
            return try FileManager.default.attributesOfItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            return nil
        }
    }

    private func read(_ path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw LocalPostgresError("\(path) can't be read: the data folder is not one that notifi made")
        }
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    func savedPort() throws -> Int? {
        try self.exists("\(self.directory)/port") ? Int(try self.read("\(self.directory)/port")) : nil
    }

    func savePort(_ port: Int) throws {
        try self.write("\(port)\n", to: "\(self.directory)/port")
    }
}

// MARK: - The cluster
extension LocalPostgresSite {
    /// Made beside its place and moved there when it is whole, so that a broken attempt is never taken for a cluster.
    private func makeCluster(at data: String, tools: String, user: User) async throws {
        let draft = "\(data).new"
        _ = try await self.checked("/usr/bin/rm", ["-rf", "--one-file-system", draft], as: nil)
        let owner = user.isOther ? ["-o", "\(user.id)", "-g", "\(user.group)"] : []
        _ = try await self.checked("/usr/bin/install", ["-d", "-m", "700"] + owner + [draft], as: nil)
        let password = (0..<2).map { _ in String(UInt64.random(in: 1 << 60 ... .max), radix: 16) }.joined()
        let passwordInput = "\(self.socketFolder)/password"
        try await self.writeAsServer(password, to: passwordInput, user)
        _ = try await self.checked(
            "\(tools)/initdb",
            [
                "-D", draft, "-U", "notifi", "-E", "UTF8", "--locale=C", "--data-checksums", "--auth-local=trust",
                "--auth-host=scram-sha-256", "--pwfile=\(passwordInput)",
            ] + (self.isDurable ? [] : ["--no-sync"]), as: user)
        _ = try await self.checked("/usr/bin/rm", ["-f", passwordInput], as: user)
        _ = try await self.checked(
            "\(tools)/postgres", ["--single", "-D", draft, "postgres"], as: user, input: "CREATE DATABASE notifi;\n")
        try await self.writeAsServer(password, to: "\(draft)/\(Self.passwordFile)", user)
        _ = try await self.checked("/usr/bin/mv", ["-T", draft, data], as: nil)
    }

    func remove() async throws {
        let link = "\(self.directory)/data"
        var places = [self.socketFolder, self.directory]
        if try self.attributes(link)?[.type] as? FileAttributeType == .typeSymbolicLink {
            places.append(try FileManager.default.destinationOfSymbolicLink(atPath: link))
        }
        _ = try await self.checked("/usr/bin/rm", ["-rf", "--one-file-system"] + places, as: nil)
    }

    private func writeAsServer(_ text: String, to path: String, _ user: User) async throws {
        _ = try await self.checked("/bin/sh", ["-c", "umask 077; cat >\"$1\"", "sh", path], as: user, input: text)
    }
}

// MARK: - Who uses it
extension LocalPostgresSite {
    private var claimFile: String { "\(self.directory)/owner" }

    /// Writes down that the server is this process's, so that a later one can tell a leftover from a live one.
    func claim() throws {
        guard let start = Self.startTime(of: getpid()) else { return }
        try self.write("\(getpid()) \(start)\n", to: self.claimFile)
    }

    func unclaim() throws {
        if try self.exists(self.claimFile) { try FileManager.default.removeItem(atPath: self.claimFile) }
    }

    /// A server that runs on the data already is stopped if the process that started it is gone; else this refuses.
    private func endLeftover(in data: String) async throws {
        guard let pid = self.serverPID(in: data) else { return }
        if let owner = try self.owner() {
            throw LocalPostgresError("\(self.directory) is in use by process \(owner)")
        }
        self.log("stopping a Postgres that an earlier run left behind (pid \(pid))")
        for (signal, patience) in [(SIGINT, 10), (SIGQUIT, 5), (SIGKILL, 5)] {
            _ = kill(pid, signal)
            // It is no child of this process, so there is no event to wait for.
            let deadline = ContinuousClock.now + .seconds(patience)
            while ContinuousClock.now < deadline {
                if self.serverPID(in: data) != pid { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        throw LocalPostgresError("a Postgres that an earlier run left behind (pid \(pid)) does not stop")
    }

    private func owner() throws -> Int32? {
        guard try self.exists(self.claimFile) else { return nil }
        let fields = try self.read(self.claimFile).split(separator: " ")
        guard fields.count == 2, let pid = Int32(fields[0]), let start = Self.startTime(of: pid) else { return nil }
        return start == fields[1] ? pid : nil
    }

    /// The live postmaster of this very data folder.
    private func serverPID(in data: String) -> Int32? {
        // Files that vanish meanwhile mean that there is none.
        guard let text = try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }), pid > 1,
            Self.startTime(of: pid) != nil,
            let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
        else { return nil }
        let words = command.split(separator: "\0")
        return words.first?.hasSuffix("postgres") == true && words.contains { $0 == data } ? pid : nil
    }

    /// Nil for the dead.
    private static func startTime(of pid: Int32) -> String? {
        guard let stat = ProcessStat.of(pid), stat.state != "Z" else { return nil }
        return String(stat.startTime)
    }
}

// MARK: - Helpers that run and end
extension LocalPostgresSite {
    private func output(_ tool: String, _ arguments: [String]) async throws -> String {
        try await self.run(tool, arguments, as: nil).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func checked(
        _ tool: String, _ arguments: [String], as user: User?, input: String = ""
    ) async throws -> String {
        let (status, output) = try await self.run(tool, arguments, as: user, input: input)
        guard status.isSuccess else {
            let lines = output.split(separator: "\n")
            let reason = lines.first { $0.contains("error:") || $0.contains("FATAL:") } ?? lines.last ?? ""
            throw LocalPostgresError("\(tool) failed (\(status)): \(reason)")
        }
        return output
    }

    private func run(
        _ tool: String, _ arguments: [String], as user: User?, input: String = ""
    ) async throws -> (status: TerminationStatus, output: String) {
        let command = self.command(tool, arguments, as: user)
        let result = try await Subprocess.run(
            .path(FilePath(command.tool)), arguments: Arguments(command.arguments),
            environment: .custom(Self.environment), workingDirectory: "/",
            input: .string(input), output: .string(limit: 1 << 20), error: .combinedWithOutput)
        return (result.terminationStatus, result.standardOutput)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        self.hasSuffix(suffix) ? String(self.dropLast(suffix.count)) : self
    }
}
