import Operations

@testable import Harness

/// The environment variables that every daemon reads.
let commonVariables = (Settings.common + Settings.kafka + Settings.postgres).map(\.definition.environmentName)
