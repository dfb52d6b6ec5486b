#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace vseal {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest()
      : dir_(testing::TempDir() + "atomic_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::create_directories(dir_);
  }
  ~AtomicFileTest() override { fs::remove_all(dir_); }

  std::string target() const { return dir_ + "/out.bin"; }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(dir_), fs::directory_iterator()));
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Status write(AtomicFile& file, std::string_view text) {
    return file.write(std::as_bytes(std::span(text.data(), text.size())));
  }

  std::string dir_;
};

TEST_F(AtomicFileTest, AppearsOnlyOnCommit) {
  auto file = AtomicFile::create(target(), IfExists::kFail);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_TRUE(write(*file, "marked").ok());
  EXPECT_FALSE(fs::exists(target()));
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(read(target()), "marked");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileTest, DroppedFileLeavesNothing) {
  {
    auto file = AtomicFile::create(target(), IfExists::kFail);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(write(*file, "half").ok());
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(AtomicFileTest, KilledProcessLeavesOldFile) {
  std::ofstream(target()) << "old";
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = AtomicFile::create(target(), IfExists::kOverwrite);
    (void)write(*file, "half");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read(target()), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileTest, RefusesExistingUnlessAsked) {
  std::ofstream(target()) << "old";
  auto refused = AtomicFile::create(target(), IfExists::kFail);
  EXPECT_EQ(refused.status().code(), Code::kCannotCreate);
  auto file = AtomicFile::create(target(), IfExists::kOverwrite);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(write(*file, "new").ok());
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(read(target()), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileTest, FileThatAppearsMeanwhileIsNotReplaced) {
  auto file = AtomicFile::create(target(), IfExists::kFail);
  ASSERT_TRUE(file.ok());
  std::ofstream(target()) << "somebody else's";
  EXPECT_EQ(file->commit().code(), Code::kCannotCreate);
  EXPECT_EQ(read(target()), "somebody else's");
}

TEST_F(AtomicFileTest, MissingDirectoryIsNamed) {
  auto file = AtomicFile::create(dir_ + "/missing/out.bin", IfExists::kFail);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().code(), Code::kCannotCreate);
  EXPECT_NE(file.status().message().find("/missing"), std::string::npos);
}

TEST_F(AtomicFileTest, WritablePathReachesTheSameFile) {
  auto file = AtomicFile::create(target(), IfExists::kFail);
  ASSERT_TRUE(file.ok());
  { std::ofstream(file->writable_path()) << "through the path"; }
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(read(target()), "through the path");
}

}  // namespace
}  // namespace vseal
