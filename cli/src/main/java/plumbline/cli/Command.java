package plumbline.cli;

/// A command line that has been read and checked, ready to be carried out.
sealed interface Command
        permits ApiKeyCommand, BenchCommand, ChatCommand,
                DemoCommand,
                DoctorCommand,
                GcCommand,
                InspectCommand,
                KeyCommand,
                LogCommand,
                ModelsCommand,
                PerplexityCommand,
                ProxyCommand, PublishCommand,
                ReceiptsCommand,
                RunCommand,
                TokenizeCommand,
                UpCommand,
                VerifyCommand {

    /// Carries it out.
    ///
    /// @return the exit code: [Exit#DONE] or [Exit#REJECTED]
    /// @throws Failure        exit code 1
    /// @throws UsageException exit code 2: values that only now turn out to make no sense
    int execute(Terminal terminal) throws Failure, UsageException;
}
