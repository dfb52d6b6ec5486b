// Files that lie: every one is refused with an error that says where, and costs little memory.
#include <gmock/gmock.h>

#include <functional>

#include "formats/checkpoint.h"
#include "formats/heap_peak.h"
#include "formats/torch_builder.h"

namespace vseal::formats {
namespace {

using testing::HasSubstr;

struct Malformed {
  const char* name;
  const char* message;  // part of the error
  std::function<std::string()> file;
  Code code = Code::kCorruptInput;
};

void PrintTo(const Malformed& file, std::ostream* out) { *out << file.name; }

std::string zip_with(const std::function<void(ArchiveFields&)>& change) {
  ArchiveFields archive = archive_of(TensorFields{}.pickle());
  change(archive);
  return archive.build();
}

std::string tensor_with(const std::function<void(TensorFields&)>& change) {
  TensorFields tensor;
  change(tensor);
  return archive_of(tensor.pickle()).build();
}

// A checkpoint whose pickle is `opcodes` after PROTO.
std::string pickle_of(const std::string& opcodes) {
  return archive_of(PickleBuilder().proto().raw(opcodes).bytes()).build();
}

// {"w": value}
std::string value_of(const std::string& opcodes) {
  return pickle_of("}(" + PickleBuilder().text("w").bytes() + opcodes + "u.");
}

std::string safetensors_of(const std::string& json, size_t data = 8) {
  return le(uint64_t{json.size()}) + json + std::string(data, '\0');
}

// The pickles of the legacy format, then `storages`.
std::string legacy_of(const std::string& object, const std::string& storages,
                      const std::string& system = "\x88", int32_t protocol = 1001) {
  const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";
  PickleBuilder version, info, keys;
  version.proto().integer(protocol).stop();
  info.proto().dict().mark().text("little_endian").raw(system).raw("u").stop();
  keys.proto().raw("]").text("0").raw("a").stop();
  return std::string(magic.data(), 15) + version.bytes() + info.bytes() + object + keys.bytes() +
         storages;
}

std::vector<Malformed> zip_cases() {
  using A = ArchiveFields;
  return {
      {"Empty", "[safetensors]", [] { return std::string(); }},
      {"Text", "[safetensors]", [] { return std::string(100, 'x'); }},
      {"Gzip", "gzip", [] { return "\x1f\x8b" + std::string(50, 'x'); }, Code::kUnsupported},
      {"SevenZip", "7z", [] { return "7z\xbc\xaf" + std::string(50, 'x'); }, Code::kUnsupported},
      {"Tar", "tar", [] { return std::string(257, 'x') + "ustar" + std::string(300, 'x'); },
       Code::kUnsupported},
      {"EmptyArchive", "empty zip", [] { return A{}.build(); }, Code::kUnsupported},
      {"LocalHeaderOnly", "end of central directory",
       [] { return "PK\x03\x04" + std::string(100, '\0'); }},
      {"CutOffEnd", "cut off",
       [] {
         const std::string whole = zip_with([](A&) {});
         return whole.substr(0, whole.size() - 1);
       }},
      {"BytesBehindTheEnd", "end of central directory", [] { return zip_with([](A&) {}) + "x"; }},
      {"CommentTooLong", "end of central directory",
       [] {
         std::string file = zip_with([](A& a) { a.comment = "c"; });
         file[file.size() - 3] = 7;
         return file;
       }},
      {"SeveralDisks", "one disk", [] { return zip_with([](A& a) { a.disk = 1; }); }},
      {"MoreEntriesThanThereAre", "an entry", [] { return zip_with([](A& a) { a.count = 4; }); }},
      {"FewerEntriesThanThereAre", "2 entries", [] { return zip_with([](A& a) { a.count = 2; }); }},
      {"DirectoryBehindTheEnd", "central directory",
       [] { return zip_with([](A& a) { a.directory_offset = 1 << 30; }); }},
      {"DirectoryTooLarge", "central directory",
       [] { return zip_with([](A& a) { a.directory_bytes = 1 << 30; }); }},
      {"DirectoryElsewhere", "an entry",
       [] { return zip_with([](A& a) { a.directory_offset = 0; }); }},
      {"Zip64WithoutLocator", "zip64 locator",
       [] { return zip_with([](A& a) { a.directory_offset = 0xFFFFFFFF; }); }},
      {"Zip64SizeWithoutExtra", "zip64 extra field",
       [] { return zip_with([](A& a) { a.entries[1].central_size = 0xFFFFFFFF; }); }},
      {"Zip64ExtraCut", "64-bit sizes",
       [] {
         return zip_with([](A& a) {
           a.entries[1].central_size = 0xFFFFFFFF;
           a.entries[1].central_extra = le(uint16_t{1}) + le(uint16_t{4}) + "1234";
         });
       }},
      {"Zip64ExtraHuge", "0xdata",
       [] {
         return zip_with([](A& a) {
           a.entries[1].name = "archive/0xdata";
           a.entries[1].central_size = 0xFFFFFFFF;
           a.entries[1].central_extra =
               le(uint16_t{1}) + le(uint16_t{16}) + le(uint64_t{1} << 62) + le(uint64_t{1} << 62);
         });
       }},
      {"Compressed", "method 8", [] { return zip_with([](A& a) { a.entries[0].method = 8; }); },
       Code::kUnsupported},
      {"Encrypted", "encrypted", [] { return zip_with([](A& a) { a.entries[0].flags = 1; }); },
       Code::kUnsupported},
      {"SizesDiffer", "stored bytes",
       [] { return zip_with([](A& a) { a.entries[1].packed_size = 23; }); }},
      {"LocalSizeLies", "local header",
       [] { return zip_with([](A& a) { a.entries[1].local_size = 23; }); }},
      {"LocalNameLies", "its name",
       [] { return zip_with([](A& a) { a.entries[1].local_name = "archive/data/1"; }); }},
      {"LocalSignatureLies", "a local header",
       [] { return zip_with([](A& a) { a.entries[1].local_signature = "PK\x07\x08"; }); }},
      {"OffsetBehindTheDirectory", "a place before",
       [] { return zip_with([](A& a) { a.entries[1].local_offset = 1 << 30; }); }},
      {"EntriesOverlap", "its name",
       [] { return zip_with([](A& a) { a.entries[1].local_offset = 0; }); }},
      {"SameEntryTwice", "overlaps",
       [] {
         return zip_with([](A& a) {
           a.entries[2] = a.entries[1];
           a.entries[2].local_offset = static_cast<uint32_t>(30 + 16 + a.entries[0].data.size());
         });
       }},
      {"TwoEntriesOfOneName", "two",
       [] { return zip_with([](A& a) { a.entries.push_back(a.entries[1]); }); }},
      {"NamelessEntry", "entries with names",
       [] { return zip_with([](A& a) { a.entries[2].name = ""; }); }},
      {"WrongChecksum", "checksum", [] { return zip_with([](A& a) { a.entries[0].crc = 1; }); }},
      {"NoPickle", "data.pkl",
       [] { return zip_with([](A& a) { a.entries[0].name = "archive/model.pkl"; }); }},
      {"TwoPickles", "got two",
       [] {
         return zip_with(
             [](A& a) { a.entries.push_back({.name = "other/data.pkl", .data = "x"}); });
       }},
      {"BigEndian", "byteorder",
       [] {
         return zip_with(
             [](A& a) { a.entries.push_back({.name = "archive/byteorder", .data = "big"}); });
       },
       Code::kUnsupported},
  };
}

std::vector<Malformed> tensor_cases() {
  using T = TensorFields;
  return {
      {"StorageMissing", "archive/data/7", [] { return tensor_with([](T& t) { t.key = "7"; }); }},
      {"StorageKeyClimbs", "../../etc",
       [] { return tensor_with([](T& t) { t.key = "../../etc/passwd"; }); }},
      {"StorageLarger", "expected 28 bytes, got 24",
       [] { return tensor_with([](T& t) { t.count = 7; }); }},
      {"StorageSmaller", "expected 20 bytes, got 24",
       [] { return tensor_with([](T& t) { t.count = 5, t.sizes = {5}, t.strides = {1}; }); }},
      {"StorageNegative", "a number of elements",
       [] { return tensor_with([](T& t) { t.count = -6; }); }},
      {"StorageHuge", "a number of elements",
       [] { return tensor_with([](T& t) { t.count = INT64_MAX; }); }},
      {"StorageTypeUnknown", "torch.QInt8Storage",
       [] { return tensor_with([](T& t) { t.storage = "QInt8Storage"; }); }},
      {"StorageTypeOfOthers", "os.FloatStorage",
       [] { return tensor_with([](T& t) { t.storage_module = "os"; }); }},
      {"PersistentIdOfOthers", "('storage'",
       [] { return tensor_with([](T& t) { t.persistent = "module"; }); }},
      {"TensorLeavesStorage", "at most 6 elements, got 7",
       [] { return tensor_with([](T& t) { t.offset = 1; }); }},
      {"StridesLeaveStorage", "at most 6 elements",
       [] { return tensor_with([](T& t) {
              t.strides = {4, 1};
            }); }},
      {"SizesOverflow", "overflow",
       [] { return tensor_with([](T& t) {
              t.sizes = {INT64_MAX, INT64_MAX};
            }); }},
      {"StridesOverflow", "overflow",
       [] { return tensor_with([](T& t) {
              t.strides = {INT64_MAX, INT64_MAX};
            }); }},
      {"NegativeStride", "strides of integers from 0 on",
       [] { return tensor_with([](T& t) {
              t.strides = {-3, 1};
            }); }},
      {"NegativeSize", "sizes of integers from 0 on",
       [] { return tensor_with([](T& t) {
              t.sizes = {-2, 3};
            }); }},
      {"NegativeOffset", "an offset", [] { return tensor_with([](T& t) { t.offset = -1; }); }},
      {"FewerStrides", "2 strides, got 1",
       [] { return tensor_with([](T& t) { t.strides = {1}; }); }},
      {"RankNine", "at most 8",
       [] {
         return tensor_with([](T& t) {
           t.sizes.assign(9, 1);
           t.strides.assign(9, 1);
         });
       }},
      {"OtherFunction", "torch._utils._rebuild_sparse",
       [] { return tensor_with([](T& t) { t.function = "_rebuild_sparse"; }); }},
      {"NoName", "names of tensors", [] { return tensor_with([](T& t) { t.name = ""; }); }},
      {"Integer", "expected a tensor, got an integer", [] { return value_of("K\x01"); }},
      {"CallsSystem", "posix.system",
       [] {
         return value_of(
             PickleBuilder().global("posix", "system").mark().text("id").tuple().raw("R").bytes());
       }},
      {"BareFunction", "\"builtins.eval\" (byte 10 of",
       [] { return value_of(PickleBuilder().global("builtins", "eval").bytes()); }},
      {"RootIsCall", "os.system",
       [] {
         return pickle_of(
             PickleBuilder().global("os", "system").mark().text("id").tuple().raw("R.").bytes());
       }},
      {"RootIsList", "a dict was expected", [] { return pickle_of("]."); }},
      {"ModelIsList", "\"model\"",
       [] { return pickle_of("}(" + PickleBuilder().text("model").bytes() + "]u."); }},
      {"KeyIsNumber", "names of tensors", [] { return pickle_of("}(K\x01Nu."); }},
      {"SameNameTwice", "two",
       [] {
         PickleBuilder p;
         p.proto().dict().mark();
         for (int i = 0; i < 2; ++i) {
           p.text("w");
           TensorFields{}.write(p);
         }
         return archive_of(p.raw("u").stop().bytes()).build();
       }},
  };
}

std::vector<Malformed> pickle_cases() {
  return {
      {"UnknownOpcode", "byte 2: 0xff", [] { return pickle_of("\xff."); }},
      {"Inst", "byte 2: INST", [] { return pickle_of("ios\nsystem\n."); }},
      {"Obj", "OBJ", [] { return pickle_of("(o."); }},
      {"StackGlobal", "STACK_GLOBAL", [] { return pickle_of("\x93."); }},
      {"Memoize", "MEMOIZE", [] { return pickle_of("}\x94."); }},
      {"Long4", "LONG4", [] { return pickle_of("\x8b\xff\xff\xff\x7f."); }},
      {"NewObjEx", "NEWOBJ_EX", [] { return pickle_of("\x92."); }},
      {"Extension", "EXT1", [] { return pickle_of("\x82\x01."); }},
      {"ProtocolFour", "protocol 2, got 4",
       [] { return archive_of(std::string("\x80\x04") + "N.").build(); }},
      {"EmptyPickle", "the end of the bytes", [] { return archive_of("").build(); }},
      {"NoStop", "the end of the bytes", [] { return pickle_of("N"); }},
      {"CutArgument", "its argument", [] { return pickle_of("J\x01"); }},
      {"TextLongerThanFile", "its argument",
       [] {
         return pickle_of(
             "X\xff\xff\xff\x7f"
             "abc.");
       }},
      {"LongTooLong", "at most 64 bytes",
       [] { return pickle_of("\x8a\x41" + std::string(65, 'x') + "."); }},
      {"StackEmpty", "expected 1 values", [] { return pickle_of("."); }},
      {"TwoRoots", "one value on the stack", [] { return pickle_of("NN."); }},
      {"OpenMark", "expected 1 values", [] { return pickle_of("N(."); }},
      {"TupleWithoutMark", "a mark before it", [] { return pickle_of("Nt."); }},
      {"ItemsThroughTheMark", "values on the stack", [] { return pickle_of("}(Ns."); }},
      {"OddItems", "odd number", [] { return pickle_of("}(NNNu."); }},
      {"AppendToDict", "a list below the items", [] { return pickle_of("}Na."); }},
      {"SetItemOfTuple", "a dict below the items", [] { return pickle_of(")NNs."); }},
      {"UnknownMemo", "a value at place 9", [] { return pickle_of("h\x09."); }},
      {"MemoTooFar", "a place below", [] { return pickle_of("}r\xff\xff\xff\xff."); }},
      {"CallOfNumber", "a class or function to call", [] { return pickle_of("K\x01)R."); }},
      {"CallWithList", "a tuple of arguments", [] { return pickle_of("cos\nsystem\n]R."); }},
      {"BuildOfNumber", "expected an object", [] { return pickle_of("K\x01}b."); }},
      {"GlobalWithoutEnd", "a module and a name",
       [] { return pickle_of("c" + std::string(5000, 'a') + "\nb\n."); }},
      {"NestedMarks", "nested marks", [] { return pickle_of(std::string(5000, '(') + "."); }},
      {"TooManyValues", "values", [] { return pickle_of(std::string(300'000, 'N') + "."); }},
      {"StackOfMemo", "stack of a sound height",
       [] {
         std::string gets;
         for (int i = 0; i < 300'000; ++i) gets += std::string("h\0", 2);
         return pickle_of(std::string("Nq\0", 3) + gets + ".");
       }},
  };
}

std::vector<Malformed> other_cases() {
  const auto tensor = [] { return TensorFields{}.pickle(); };
  // A legacy persistent id has six items; five are what the zip format writes, and taken too.
  const std::string storage = le(uint64_t{6}) + six_floats();
  return {
      {"LegacyProtocol", "expected 1001", [=] { return legacy_of(tensor(), storage, "\x88", 7); }},
      {"LegacyBigEndian", "little_endian", [=] { return legacy_of(tensor(), storage, "\x89"); },
       Code::kUnsupported},
      {"LegacyCut", "24 bytes",
       [=] { return legacy_of(tensor(), storage.substr(0, storage.size() - 1)); }},
      {"LegacyCountLies", "expected 6 elements, got 7",
       [=] { return legacy_of(tensor(), le(uint64_t{7}) + std::string(28, '\0')); }},
      {"LegacyKeyUnknown", "keys that a tensor refers to",
       [=] {
         TensorFields other;
         other.key = "1";
         return legacy_of(other.pickle(), storage);
       }},
      {"LegacyNoObject", "a module and a name",
       [=] { return legacy_of(tensor(), storage).substr(0, 60); }},
      {"SafetensorsHeaderTooLong", "header", [] { return le(uint64_t{1} << 40) + "{}"; }},
      {"SafetensorsNoJson", "header", [] { return safetensors_of("[]      "); }},
      {"SafetensorsRangeLies", "\"a\"",
       [] { return safetensors_of(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})"); }},
      {"SafetensorsOverlap", "\"b\"",
       [] {
         return safetensors_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})");
       }},
      {"SafetensorsShapeOverflows", "\"a\"",
       [] {
         return safetensors_of(
             R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})");
       }},
  };
}

std::vector<Malformed> all_cases() {
  std::vector<Malformed> all;
  for (const auto& cases : {zip_cases(), tensor_cases(), pickle_cases(), other_cases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

class MalformedFile : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedFile, IsRefusedWithItsReason) {
  const std::string content = GetParam().file();
  const std::vector<char> bytes(content.begin(), content.end());
  Status status;
  const int64_t peak = heap_peak(
      [&] { status = Checkpoint::parse(std::as_bytes(std::span(bytes)), nullptr).status(); });
  EXPECT_EQ(status.code(), GetParam().code) << status.message();
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
  EXPECT_LE(peak, allowed_heap(bytes.size()));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, MalformedFile, testing::ValuesIn(all_cases()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(HandMade, TheRightOnesAreRead) {
  const std::string zip = archive_of(TensorFields{}.pickle()).build();
  const auto file = Checkpoint::parse(std::as_bytes(std::span(zip)), nullptr);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->find("w")->shape, (graph::Shape{2, 3}));
  const std::string old = legacy_of(TensorFields{}.pickle(), le(uint64_t{6}) + six_floats());
  const auto legacy = Checkpoint::parse(std::as_bytes(std::span(old)), nullptr);
  ASSERT_TRUE(legacy.ok()) << legacy.status().message();
  EXPECT_EQ(legacy->kind(), CheckpointKind::kTorchLegacy);
}

}  // namespace
}  // namespace vseal::formats
