// Runs an exported model on a picture of any size, window by window, with the C++ API of ONNX Runtime.
//
//   g++ -std=c++17 -O2 exported.cpp -I include -L lib -lonnxruntime -o exported
//   ./exported model.onnx in.ppm out.ppm
//
// Halo, stride and scale are those that `tilegan export` wrote into the file.

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

struct Image {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels;  // red, green, blue
};

Image read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string kind;
  int64_t width, height, most;
  if (!(file >> kind >> width >> height >> most) || kind != "P6" || most != 255) {
    throw std::runtime_error(path + " is no PPM of 8 bits");
  }
  file.get();
  Image image{height, width, std::vector<uint8_t>(3 * height * width)};
  if (!file.read(reinterpret_cast<char*>(image.pixels.data()), image.pixels.size())) {
    throw std::runtime_error(path + " is cut off");
  }
  return image;
}

void write(const std::string& path, const Image& image) {
  std::ofstream file(path, std::ios::binary);
  file << "P6\n" << image.width << " " << image.height << "\n255\n";
  file.write(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
}

int64_t metadata(const Ort::Session& session, const char* name) {
  Ort::AllocatorWithDefaultOptions allocator;
  auto value = session.GetModelMetadata().LookupCustomMetadataMapAllocated(name, allocator);
  if (!value) throw std::runtime_error(std::string("the model has no ") + name + ": tilegan export writes it");
  return std::stoll(value.get());
}

// Index of a pixel beyond the edges, mirrored without the edge pixel itself.
int64_t reflect(int64_t index, int64_t length) {
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1), place = ((index % period) + period) % period;
  return std::min(place, period - place);
}

int main(int count, char** names) try {
  if (count != 4) throw std::runtime_error("usage: exported model.onnx in.ppm out.ppm");
  Ort::Env environment;
  Ort::Session session(environment, names[1], Ort::SessionOptions{});
  const int64_t halo = metadata(session, "halo"), stride = metadata(session, "stride"),
                scale = metadata(session, "scale");
  const int64_t side = (512 + stride - 1) / stride * stride;
  const Image image = read(names[2]);
  Image result{image.height * scale, image.width * scale,
               std::vector<uint8_t>(image.pixels.size() * scale * scale)};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const char *input = "image", *output = "stylized";
  for (int64_t top = 0; top < image.height; top += side) {
    for (int64_t left = 0; left < image.width; left += side) {
      // sides are multiples of the stride, and a halo lies around them
      const int64_t height = std::min(side, (image.height - top + stride - 1) / stride * stride);
      const int64_t width = std::min(side, (image.width - left + stride - 1) / stride * stride);
      const int64_t high = height + 2 * halo, wide = width + 2 * halo;
      std::vector<float> values(3 * high * wide);
      for (int64_t y = 0; y < high; y++) {
        const int64_t row = reflect(top - halo + y, image.height) * image.width;
        for (int64_t x = 0; x < wide; x++) {
          const uint8_t* pixel = &image.pixels[3 * (row + reflect(left - halo + x, image.width))];
          for (int64_t c = 0; c < 3; c++) values[(c * high + y) * wide + x] = pixel[c] / 255.0f;
        }
      }
      const std::vector<int64_t> shape{1, 3, high, wide};
      Ort::Value tensor =
          Ort::Value::CreateTensor<float>(memory, values.data(), values.size(), shape.data(), shape.size());
      const auto made = session.Run(Ort::RunOptions{}, &input, &tensor, 1, &output, 1);
      const float* levels = made[0].GetTensorData<float>();
      for (int64_t y = 0; y < std::min(height * scale, result.height - top * scale); y++) {
        for (int64_t x = 0; x < std::min(width * scale, result.width - left * scale); x++) {
          for (int64_t c = 0; c < 3; c++) {
            const float level = levels[(c * high * scale + halo * scale + y) * wide * scale + halo * scale + x];
            result.pixels[3 * ((top * scale + y) * result.width + left * scale + x) + c] =
                static_cast<uint8_t>(std::lround(level * 255.0f));
          }
        }
      }
    }
  }
  write(names[3], result);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
