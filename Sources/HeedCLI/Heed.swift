import ArgumentParser
import Configuration
@main struct Heed: ParsableCommand {}
