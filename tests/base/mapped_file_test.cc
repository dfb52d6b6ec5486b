#include "base/mapped_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace vseal {
namespace {

TEST(MappedFile, ReadsBytesAndSurvivesMoves) {
  const std::string path = testing::TempDir() + "mapped_file_test.bin";
  std::ofstream(path, std::ios::binary) << "seal";
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  MappedFile moved = std::move(*file);
  ASSERT_EQ(moved.bytes().size(), 4u);
  EXPECT_EQ(static_cast<char>(moved.bytes()[3]), 'l');
  std::filesystem::remove(path);
}

TEST(MappedFile, EmptyFileIsEmpty) {
  const std::string path = testing::TempDir() + "mapped_file_test.empty";
  std::ofstream(path, std::ios::binary).flush();
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
  std::filesystem::remove(path);
}

TEST(MappedFile, SaysWhichFileIsMissing) {
  auto file = MappedFile::open("/nonexistent/model.vseal");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().code(), Code::kNotFound);
  EXPECT_NE(file.status().message().find("/nonexistent/model.vseal"), std::string::npos);
  EXPECT_EQ(MappedFile::open("/").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal
