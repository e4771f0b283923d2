console.log('shale: not written yet');
