/// A promise that was not kept.
struct Violation: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        /// P1: accepted, and in no final state.
        case lost
        /// P1: in a final state that nothing has led to, or in several.
        case wrongEnd
        /// P2: more than once in the inbox, or shown twice at once.
        case doubled
        /// Nobody asked for it, or it was refused.
        case forged
        /// P3: shown although it was cancelled, or after it was recalled.
        case shownAfterCancel
        /// P3: two answers to one cancel that differ.
        case contradicted
        /// P4: a POST that nothing which it needs stood against was not accepted; or anything was answered otherwise than
        /// promised.
        case unanswered
        /// P3: confirmed by a 304, or shown, when all was quiet and something else was there.
        case stale
        /// P5: before its time, in the table or before somebody's eyes.
        case early
        /// Due at another time than was asked for.
        case misdated
        /// Two ids under one key, or one id for two.
        case brokenKey
        /// Immediate ones for a user in another order than they were accepted in.
        case disordered
        /// What the API shows and counts is not what the rows say.
        case miscounted
        /// Marked read or archived, and it is not; or the other way round.
        case unmarked
        /// A daemon ended by itself, or not in order when it was told to.
        case badEnd
        /// P6: shown to somebody else.
        case misaddressed
    }

    let kind: Kind
    /// The notifications concerned.
    let ids: [String]
    let text: String
}
