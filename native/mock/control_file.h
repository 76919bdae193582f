// Steering from outside: where GPU_EXCEPTIONS_MOCK_CONTROL names a file, every process on the
// stand-in follows it. The file is JSON, `{"commands": [{"verb": …, "argument": …}, …]}`, and only
// ever grows; whoever writes it replaces it as a whole (write beside it, then rename). It is looked
// at in every call, and every 20 ms while a call waits, so nothing depends on a refresh interval. A
// process that starts later carries out all commands first. What cannot be carried out breaks the
// machine, as an unusable scenario does.
#pragma once

namespace gpuex::mock {

// Called once, when the first machine is made.
void BeginToWatchControlFile();

}  // namespace gpuex::mock
