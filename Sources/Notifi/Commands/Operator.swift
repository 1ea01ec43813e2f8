import Foundation

/// Who runs the command.
enum Operator {
    /// The operating system's user; behind `sudo`, whoever called it.
    static var name: String {
        Surroundings.variable("SUDO_USER") ?? Surroundings.variable("LOGNAME") ?? Surroundings.variable("USER")
            ?? NSUserName()
    }
}
