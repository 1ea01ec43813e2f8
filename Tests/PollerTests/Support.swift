import FoundationEssentials
import Notifications

func at(_ microseconds: Int64) -> Instant { Instant(microseconds: microseconds) }
