import Glibc
import SystemPackage

/// Held by the one `notifi up` that uses a state folder. The kernel lets go of it when the process ends, however it does.
enum StateLock {
    /// Runs `body` while no other process can have the lock.
    ///
    /// - Throws: ``UpFailure`` at once where another process has it, or what `body` throws.
    static func holding<R: Sendable>(_ folder: StateFolder, _ body: () async throws -> R) async throws -> R {
        // Closed on exec, or a daemon that outlives `up` would go on holding it.
        let file = try FileDescriptor.open(
            FilePath(folder.lockFile), .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        let result: Result<R, any Error>
        if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 {
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
        } else {
            result = .failure(
                UpFailure("another notifi up is using \(folder.path): stop it, or give this one another --state-dir"))
        }
        try file.close()
        return try result.get()
    }
}
